"""Every task and every queue of the house is called something that people understand."""

from django.utils.translation import override
from procrastinate.contrib.django import app

from ledger import jobs
from ledger.admin import job_names

OURS = ("config.", "ledger.", "payments.", "risk.", "settlements.")


def test_every_task_has_a_name_and_every_name_a_task():
    app.perform_import_paths()
    tasks = {name for name in app.tasks if name.startswith(OURS)}

    assert {task for task, _words in job_names.named_jobs()} == tasks
    assert all(job_names.has_name(task) for task in tasks)


def test_no_two_tasks_are_called_alike():
    with override("en"):
        named = [words for _task, words in job_names.named_jobs()]

    assert len(named) == len(set(named)) > 40


def test_every_queue_has_a_name():
    assert set(job_names.QUEUES) == set(jobs.QUEUES)


def test_what_nobody_named_is_shown_as_it_is_written():
    assert job_names.job_words("tests.nobody") == "tests.nobody"
    assert job_names.queue_words("tests") == "tests"
