"""The name of a service that nobody named."""

from pathlib import Path

import pytest

from otel_agent.config.loading import load
from otel_agent.config.naming import guessed_name


@pytest.mark.parametrize(
    ("script", "name"),
    [
        ("/opt/trader.py", "trader"),
        ("trader", "trader"),
        ("/opt/trader/__main__.py", "trader"),
        ("/usr/bin/trader-2.1", "trader-2"),
        (".hidden", ".hidden"),
        ("__main__.py", None),
        ("-c", None),
        ("", None),
    ],
)
def test_the_name_of_a_script(tmp_path: Path, script: str, name: str | None) -> None:
    """Without its ending; of a package that is run, the package's; of a text that is run, none."""
    assert (None if name is None else (name, "name of the script")) == guessed_name(str(tmp_path), script)


@pytest.mark.parametrize(
    ("project", "name"),
    [
        ('[project]\nname = "trader"', "trader"),
        ('[project]\nname = ""', "script"),
        ("[project]\nname = 7", "script"),
        ('[tool.x]\nname = "other"', "script"),
        ("[project\nname", "script"),
        ("", "script"),
        ("project = 1 # name", "script"),
    ],
)
def test_the_name_of_a_project(tmp_path: Path, project: str, name: str) -> None:
    """`[project].name` of the working directory's pyproject.toml wins; what is wrong in that file is no business of ours."""
    (tmp_path / "pyproject.toml").write_text(project)
    loaded = load({}, environ={}, directory=tmp_path, script="script.py")

    assert (name, ()) == (loaded.config.service.name, loaded.problems)


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("/venv/bin/gunicorn -w 2 -b 127.0.0.1:8000 trader.wsgi:application", "trader"),
        ("gunicorn -k uvicorn.workers.UvicornWorker trader:create_app()", "trader"),
        ("gunicorn trader", "trader"),
        ("/site-packages/gunicorn/__main__.py src.trader.app:app", "trader"),
        ("uvicorn trader.api:app --host localhost --port 80", "trader"),
        ("uvicorn main:app", "desk"),
        ("gunicorn", "desk"),
        ("celery -A trader.tasks worker --loglevel INFO", "trader"),
        ("celery --app=trader worker", "trader"),
        ("flask --app trader run", "trader"),
        ("streamlit run pages/trader.py", "trader"),
        ("/srv/shop/manage.py runserver", "shop"),
        ("ipykernel_launcher.py -f /run/kernel-1.json", "desk"),
    ],
)
def test_a_server_is_called_by_its_application(words: str, name: str) -> None:
    """Not gunicorn, uvicorn, celery or ipykernel: the application's own package, or the folder where that says nothing."""
    found = guessed_name("/srv/desk", words.split(), {})

    assert found is not None
    assert name == found[0]


def test_a_notebook_is_called_by_its_file() -> None:
    """Jupyter says which file a kernel was started for; a console is called by its folder."""
    names = [
        guessed_name("/srv/desk", "ipykernel_launcher.py", {"JPY_SESSION_NAME": session})
        for session in ("/home/ada/risk.ipynb", "/home/ada/console-1-7f")
    ]

    assert [("risk", "name of the notebook"), ("desk", "name of the folder")] == names


def test_a_service_without_any_name_is_unknown(tmp_path: Path) -> None:
    """As OpenTelemetry calls it."""
    loaded = load({}, environ={}, directory=tmp_path, script="-c")

    assert ("unknown_service", "default") == (loaded.config.service.name, loaded.origins["service.name"])
