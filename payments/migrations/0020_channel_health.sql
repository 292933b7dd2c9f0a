-- What an examination found stays as it was found.
CREATE TRIGGER payments_examination_once BEFORE UPDATE OR DELETE ON payments_channelexamination
  FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER payments_examination_not_emptied BEFORE TRUNCATE ON payments_channelexamination
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
