"""Our own requests are nobody's spans."""

import subprocess
import sys

from opentelemetry import context
from opentelemetry.instrumentation import utils

from otel_agent.suppression import suppressed_instrumentation


def test_a_block_sets_what_opentelemetrys_own_sets() -> None:
    """Instrumentations, whatever their age, see the same in both."""
    with utils.suppress_instrumentation():
        expected = dict(context.get_current())
    with suppressed_instrumentation():
        found = dict(context.get_current())
        assert not utils.is_instrumentation_enabled()

    assert expected == found
    assert utils.is_instrumentation_enabled()


def test_a_block_keeps_what_is_in_the_context() -> None:
    """A request is sent in its caller's context otherwise."""
    token = context.attach(context.set_value("tenant", "a"))
    with suppressed_instrumentation():
        assert "a" == context.get_value("tenant")
    context.detach(token)


def test_suppression_imports_none_of_the_instrumentations_modules() -> None:
    """Short programs would pay for them when they end."""
    program = "import sys, otel_agent.suppression; print('wrapt' in sys.modules, 'asyncio' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert "False False\n" == done.stdout
