"""The examples run as they are, and stay short."""

from pathlib import Path
import subprocess
import sys

import pytest

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = sorted((ROOT / 'examples').glob('*.py'))
SAYS = {
    '01': 'tip from sines and cosines',
    '02': 'reached the target within tolerance: ',
    '03': 'damped',
    '04': 'holding, the closest pose found is ',
    '05': 'the whole path at once: followed all 1000 targets',
    '06': 'two arms: reached the target within tolerance; the torso ',
}
"""What the output of each example must contain."""


@pytest.mark.parametrize('example', EXAMPLES, ids=lambda path: path.stem)
def test_an_example_runs_and_is_short(example):
    """What a newcomer copies works, and fits on a screen."""
    done = subprocess.run([sys.executable, str(example)], capture_output=True, text=True,
                          cwd=ROOT, timeout=120)
    assert done.returncode == 0, done.stderr
    assert SAYS[example.name[:2]] in done.stdout
    assert len(example.read_text().splitlines()) <= 60


def test_the_library_in_the_readme_runs():
    """The lines of Python in the README are no decoration."""
    code = (ROOT / 'README.md').read_text().split('```python\n')[1].split('```')[0]
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True,
                          cwd=ROOT, timeout=120)
    assert done.returncode == 0, done.stderr
    assert 'reached the target' in done.stdout
