"""Sessions that stay in an open transaction: `python -m prodtui.lab.holder ...`, ended by SIGTERM."""

from __future__ import annotations

import argparse
import asyncio
import signal
from pathlib import Path

import asyncpg


async def run(arguments: argparse.Namespace, password: str) -> None:
    """Open the sessions one after the other, run the statement in each, and hold them."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    sessions = [
        await asyncpg.connect(
            host="127.0.0.1",
            port=arguments.port,
            user=arguments.user,
            password=password,
            database=arguments.database,
            ssl=False,
            statement_cache_size=0,
            server_settings={"application_name": arguments.application_name},
        )
        for _ in range(arguments.sessions)
    ]
    # At once: a session then has its place in the queue for a connection, and none is let go any more.
    await asyncio.gather(*(session.execute(f"BEGIN; {arguments.statement}") for session in sessions))
    await stop.wait()
    for session in sessions:
        session.terminate()


def main() -> None:
    """Hold what the arguments say."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    for name in ("--user", "--database", "--password-file", "--application-name", "--statement"):
        parser.add_argument(name, required=True)
    parser.add_argument("--sessions", type=int, required=True)
    arguments = parser.parse_args()
    asyncio.run(run(arguments, Path(arguments.password_file).read_text().strip()))


if __name__ == "__main__":
    main()
