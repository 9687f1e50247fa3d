"""
Take the picture of the viewer for the README: ``python docs/draw_viewer.py``.

It needs Chromium and ``pip install playwright``: a real browser looks at the real nodes while an
arm follows moving targets.
"""

from pathlib import Path
import shutil
import time

from ik_solver_node.ros.demo.processes import Child, child_environment, end_all
from playwright.sync_api import sync_playwright

HERE = Path(__file__).resolve().parent
FLAGS = ['--headless', '--no-sandbox', '--use-angle=swiftshader', '--enable-unsafe-swiftshader']
NOTICE = 'Software WebGL rendering detected'


def address_from(viewer):
    """Return the address of the page, as soon as the viewer says it."""
    while viewer.is_running:
        for line in viewer.logged.new_lines():
            if 'ready: open ' in line:
                return line.partition('ready: open ')[2].split()[0]
        time.sleep(0.1)
    raise RuntimeError(viewer.obituary())


def take_picture(address):
    """Open the page, wait until the arm has left a trail, and take a picture."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which('chromium'), args=FLAGS)
        page = browser.new_page(viewport={'width': 1280, 'height': 900})
        page.set_default_timeout(120_000.0)
        page.goto(address)
        page.get_by_text(NOTICE).locator('xpath=../..').get_by_role('button').click()
        page.wait_for_selector('text=reached')
        page.wait_for_timeout(14000.0)
        page.screenshot(path=HERE / 'viewer.png', timeout=120_000.0)
        browser.close()


def main():
    """Start what takes part, take the picture, and end all."""
    environment = child_environment('', None)
    robot = {'urdf_file': str(HERE.parent / 'urdf' / 'six_axis_arm.urdf')}
    viewer = Child('ik_solver_node.viewer', {**robot, 'port': 0, 'trail_length': 8.0}, environment)
    children = [
        Child('ik_solver_node.ros', {**robot, 'motion.mode': 'move'}, environment), viewer,
        Child('ik_solver_node.ros.demo.targets', {
            **robot, 'leap_period': 0.0, 'out_of_reach_period': 0.0, 'rate': 10.0,
            'random_seed': 3}, environment)]
    try:
        for child in children:
            child.start()
        take_picture(address_from(viewer))
    finally:
        end_all(children)


if __name__ == '__main__':
    main()
