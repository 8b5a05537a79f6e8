"""Make the loops of an engine: what it looks at again and again beside the downloads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from stalkeer.engine.intervals import Intervals
from stalkeer.engine.loop import Loop, LoopPace

Look = Callable[[], bool | None]


@dataclass(frozen=True)
class Looks:
    """Hold a function for each loop. Where it returns True, it is called again soon."""

    viewers: Look
    settings: Look
    grabs: Look
    notify: Look
    watch_folders: Look
    hooks: Look
    media: Look


@dataclass(frozen=True)
class Loops:
    """Start, wake and stop the loops of an engine."""

    viewers: Loop
    settings: Loop
    grabs: Loop
    notify: Loop
    watch_folders: Loop
    hooks: Loop
    media: Loop

    def start(self, *, of_serve: bool) -> None:
        """Start the loops of every process. `of_serve` adds those that only one process of a database runs."""
        for loop in (self.viewers, self.settings, self.hooks, self.media):
            loop.start()
        if of_serve:
            for loop in (self.grabs, self.notify, self.watch_folders):
                loop.start()
            self.grabs.wake()

    def wake(self) -> None:
        """Look now at what a change of the queue may concern."""
        for loop in (self.grabs, self.watch_folders, self.hooks, self.media):
            loop.wake()

    def stop_looks(self) -> None:
        """Stop the loops that may start work. `hooks` and `viewers` stop after the worker."""
        for loop in (self.settings, self.grabs, self.notify, self.watch_folders, self.media):
            loop.stop()


def make_loops(looks: Looks, intervals: Intervals) -> Loops:
    """Make the loops with their intervals. They do not run yet."""
    grabs_pace = LoopPace(intervals.grabs_s, intervals.grabs_pause_s, intervals.grabs_s / 4)
    return Loops(
        viewers=Loop("viewers", looks.viewers, LoopPace(intervals.viewers_s), "it is not known who watches"),
        settings=Loop(
            "settings",
            looks.settings,
            LoopPace(intervals.settings_s),
            "the settings could not be read again; the previous ones stay in use",
        ),
        grabs=Loop("grabs", looks.grabs, grabs_pace, "the grabs of instances are checked again later"),
        notify=Loop("notify", looks.notify, LoopPace(intervals.notify_s, soon_s=0.1), "notifications wait"),
        watch_folders=Loop(
            "watch-folders",
            looks.watch_folders,
            LoopPace(intervals.watch_s, intervals.watch_s / 10),
            "the watch folders are checked again later",
        ),
        hooks=Loop(
            "hooks",
            looks.hooks,
            LoopPace(intervals.hooks_s, soon_s=intervals.hooks_s / 50),
            "the scripts that follow a download run later",
        ),
        media=Loop(
            "media-server",
            looks.media,
            LoopPace(intervals.media_s, intervals.media_s / 50, soon_s=0.1),
            "new files are reported to the media server later",
        ),
    )
