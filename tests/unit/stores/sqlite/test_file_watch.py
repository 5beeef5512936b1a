"""The watch on a database's files: when it looks, and what it does where a look finds a loss."""

import asyncio
import threading

from estuary.core.errors import StoreUnavailable
from estuary.stores.sqlite.file_watch import FileWatch

TIMEOUT = 10.0


class Files:
    """Files that are whole or lost, as a test says, and what a watch does with them."""

    def __init__(self) -> None:
        self.lost = False
        self.looks = 0
        self.looked = asyncio.Event()
        self.recovering = asyncio.Event()
        self.recovered = asyncio.Event()
        self.cancelled = False
        self.watch = FileWatch(self.look, self.recover)

    def look(self) -> None:
        """Count it; raises `StoreUnavailable` where they are lost."""
        self.looks += 1
        self.looked.set()
        if self.lost:
            raise StoreUnavailable("lost")

    async def recover(self, loss: StoreUnavailable) -> None:
        """Wait until a test says that they are whole again."""
        assert "lost" == str(loss)
        self.recovering.set()
        try:
            await self.recovered.wait()
        except asyncio.CancelledError:
            self.cancelled = True
            raise
        self.lost = False

    async def next_look(self) -> None:
        """Return after one more look."""
        self.looked.clear()
        await asyncio.wait_for(self.looked.wait(), TIMEOUT)


async def test_it_looks_again_and_again() -> None:
    """From its start on, until it is stopped."""
    files = Files()
    states = [files.watch.is_on]
    files.watch.start()
    states.append(files.watch.is_on)
    for _ in range(3):
        await files.next_look()
    await files.watch.stop()
    states.append(files.watch.is_on)
    assert [False, True, False] == states
    assert (3, False) == (files.looks, files.recovering.is_set())


async def test_a_loss_is_recovered_from_before_the_next_look() -> None:
    """Nothing looks meanwhile, not even where a commit asks for it."""
    files = Files()
    files.lost = True
    files.watch.start()
    await asyncio.wait_for(files.recovering.wait(), TIMEOUT)
    files.watch.look_soon()
    await asyncio.sleep(0)
    assert 1 == files.looks
    files.recovered.set()
    await files.next_look()
    assert 2 == files.looks
    await files.watch.stop()


async def test_a_thread_can_ask_for_a_look() -> None:
    """It comes at once, without waiting for the timer, which then starts over."""
    files = Files()
    files.watch.start()
    thread = threading.Thread(target=files.watch.look_soon)
    thread.start()
    thread.join()
    await asyncio.sleep(0)
    assert 1 == files.looks
    await files.next_look()
    await files.watch.stop()
    assert 2 == files.looks


async def test_stopping_cancels_a_recovery() -> None:
    """It may last for ever, for it waits for what other programs do."""
    files = Files()
    files.lost = True
    files.watch.start()
    await asyncio.wait_for(files.recovering.wait(), TIMEOUT)
    await files.watch.stop()
    assert files.cancelled
    files.watch.look_soon()
    await asyncio.sleep(0)
    assert 1 == files.looks
