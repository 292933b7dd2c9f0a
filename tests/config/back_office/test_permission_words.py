"""A role's page says what the role may do in the reader's language."""

from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.utils import translation

from config.back_office.people import permission_words


def permission(codename: str, *, name: str, model: str = "settlement") -> Permission:
    """Return a permission as the table would hold it."""
    kind = ContentType(app_label="settlements", model=model)
    return Permission(codename=codename, name=name, content_type=kind)


def test_a_permission_of_ours_reads_as_the_table_has_it() -> None:
    """Ours are sentences already."""
    # Given a permission that one of our models declares
    ours = permission("approve_settlement", name="Can approve settlements")

    # Then it is said in the reader's language
    with translation.override("en"):
        assert permission_words(ours) == "Can approve settlements"
    with translation.override("zh-hans"):
        assert permission_words(ours) == "可批准结算单"


def test_a_permission_of_django_is_made_from_the_name_of_the_model() -> None:
    """The table has English only."""
    # Given a permission that Django makes for every model
    theirs = permission("view_settlement", name="Can view settlement")

    # Then it names the model in the reader's language
    with translation.override("en"):
        assert permission_words(theirs) == "Can view: settlements"
    with translation.override("zh-hans"):
        assert permission_words(theirs) == "可查看：结算单"


def test_a_permission_whose_model_is_gone_stays_as_it_is() -> None:
    """A row outlives its model."""
    # Given a permission about a model that the code no longer has
    orphan = permission("view_ghost", name="Can view ghost", model="ghost")

    # Then its own words are shown
    with translation.override("zh-hans"):
        assert permission_words(orphan) == "Can view ghost"
