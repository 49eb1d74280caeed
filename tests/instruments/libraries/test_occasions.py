"""Which import an instrumentation waits for is read from metadata and sources, without importing anything."""

import pytest
from fake_packages import FakePackages

from otel_agent.instruments.libraries import packages
from otel_agent.instruments.libraries.occasions import occasion


def waits(name: str) -> object:
    """The libraries that the instrumentation of this name waits for, or why it cannot have them."""
    entry_point = next(each for each in packages.entry_points() if each.name == name)
    found = occasion(entry_point, packages.packages())
    return found.absence or found.libraries


def test_a_distribution_is_imported_by_the_names_of_its_packages(site: FakePackages) -> None:
    """`kafka-python` is `kafka`, `google-genai` is `google.genai`; folders of tests are nobody's library."""
    site.distribution("Kafka_Python", files=["kafka/__init__.py", "kafka/admin/__init__.py", "test/__init__.py"])
    site.distribution("google-genai", files=["google/genai/__init__.py", "google/genai/types/__init__.py"])
    site.distribution("one-file", files=["onefile.py", "one_file-1.0.dist-info/RECORD", "_native.abi3.so"])
    site.instrumentation("kafka", "kafka-python")
    site.instrumentation("genai", "google-genai>=1")
    site.instrumentation("one", "one.file")

    assert (("kafka",),) == waits("kafka")
    assert (("google.genai",),) == waits("genai")
    assert (("onefile",),) == waits("one")


def test_a_package_that_lists_no_files_goes_by_its_name(site: FakePackages) -> None:
    """An editable installation lists none; one of setuptools may name its modules."""
    site.distribution("my-shop", files=["__editable___my_shop_finder.py", "my_shop-1.0.dist-info/RECORD"])
    (site.distribution("my-bank") / "top_level.txt").write_text("bankers\n")
    site.instrumentation("shop", "my-shop")
    site.instrumentation("bank", "my-bank")

    assert (("my_shop",),) == waits("shop")
    assert (("bankers",),) == waits("bank")


def test_any_of_several(site: FakePackages) -> None:
    """What is installed counts; each of several instrumentations in one package is for the library of its own name."""
    site.distribution("psycopg2-binary", version="2.9", files=["psycopg2/__init__.py"])
    site.distribution("botocore", files=["botocore/__init__.py"])
    any_of = "; extra == 'instruments-any'"
    site.instrumentation("psycopg2", f"psycopg2{any_of}", f"psycopg2-binary{any_of}")
    site.instrumentation("botocore", f"botocore{any_of}", f"aiobotocore>=2.0{any_of}")
    site.instrumentation("aiobotocore", f"botocore{any_of}", f"aiobotocore>=2.0{any_of}")

    assert (("psycopg2",),) == waits("psycopg2")
    assert (("botocore",),) == waits("botocore")
    assert "needs aiobotocore>=2.0, which is not installed" == waits("aiobotocore")


def test_requirements_of_other_platforms_do_not_count(site: FakePackages) -> None:
    """A marker beside the extra is obeyed."""
    site.distribution("fake-shop", files=["fake_shop/__init__.py"])
    site.instrumentation("shop", "fake-shop", "fake-old; python_version < '3.0' and extra == 'instruments'")

    assert (("fake_shop",),) == waits("shop")


@pytest.mark.parametrize(
    "source",
    [
        "_instruments = ('fake-shop >= 1.0',)\nclass Fake: ...\n",
        "_instruments: Collection[str] = [\n    'fake-shop',  # ours\n]\n",
        "class Fake:\n    def instrumentation_dependencies(self):\n        return ['fake-shop ~= 1.0']\n",
    ],
)
def test_silent_metadata_are_made_up_for_by_the_source(site: FakePackages, source: str) -> None:
    """`_instruments` and `instrumentation_dependencies` are read as text where the package declares no extra."""
    site.distribution("fake-shop", files=["fake_shop/__init__.py"])
    site.instrumentation("shop", source=source)

    assert (("fake_shop",),) == waits("shop")


def test_the_standard_library_goes_by_name(site: FakePackages) -> None:
    """`sqlite3` belongs to no distribution."""
    site.instrumentation("sqlite3")
    site.instrumentation("nothing")

    assert (("sqlite3",),) == waits("sqlite3")
    assert () == waits("nothing")


def test_lambda_waits_for_the_handler(site: FakePackages, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its variables name the agent's own module; elsewhere it has nothing to do."""
    site.instrumentation("aws-lambda")
    assert "is for AWS Lambda, which sets AWS_LAMBDA_FUNCTION_NAME and _HANDLER" == waits("aws-lambda")
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "shop")
    monkeypatch.setenv("_HANDLER", "src/shop.handle")
    assert (("src.shop",),) == waits("aws-lambda")
