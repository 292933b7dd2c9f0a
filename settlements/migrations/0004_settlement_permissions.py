from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("settlements", "0003_states_move_by_their_table")]

    operations = [
        migrations.AlterModelOptions(
            name="settlement",
            options={
                "ordering": ["-created_at", "-id"],
                "permissions": [
                    ("submit_settlement", "Can submit settlements"),
                    ("approve_settlement", "Can approve settlements"),
                    ("cancel_settlement", "Can cancel settlements"),
                    ("review_settlement", "Can release settlements that are over a limit"),
                    ("run_settlement", "Can run settlement"),
                ],
                "verbose_name": "settlement",
                "verbose_name_plural": "settlements",
            },
        ),
    ]
