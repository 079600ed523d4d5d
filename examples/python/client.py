"""One session over Socket.IO and REST, with the types of talus_types.py.

    python3 client.py http://localhost:5000

Debian: apt-get install python3-socketio python3-aiohttp
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any, cast

import aiohttp
import socketio

from talus_types import (
    Ack,
    AckSuccess,
    CommandUndo,
    CreateNodeData,
    CreateNodeResult,
    CreateSessionRequest,
    CreateSessionResponse,
    ErrorBody,
    ExecuteCommand,
    GetGraphResponse,
    Handshake,
    JoinSession,
    JoinSessionAck,
    NodeCreated,
    PropertyChanged,
    PropertyDeleted,
    UndoCommand,
    UpdatePropertyData,
)


class Refused(Exception):
    """What the server refused, and why."""

    def __init__(self, error: ErrorBody) -> None:
        super().__init__(error["message"])
        self.error = error


class Session:
    """One session of a server, joined on the namespace `/`."""

    def __init__(self, socket: socketio.AsyncClient, session_id: str) -> None:
        self._socket = socket
        self.session_id = session_id

    async def join(self) -> JoinSessionAck:
        request: JoinSession = {"session_id": self.session_id}
        return cast(JoinSessionAck, await self._socket.call("join_session", request))

    async def execute(
        self, command_type: str, data: CreateNodeData | UpdatePropertyData
    ) -> AckSuccess:
        request: ExecuteCommand = {
            "session_id": self.session_id,
            "command_type": command_type,
            "data": data,
        }
        return self._accepted(await self._socket.call("execute_command", request))

    async def undo(self) -> AckSuccess:
        request: UndoCommand = {"session_id": self.session_id}
        return self._accepted(await self._socket.call("undo_command", request))

    @staticmethod
    def _accepted(answer: object) -> AckSuccess:
        ack = cast(Ack, answer)
        if ack["ok"] is False:
            raise Refused(ack["error"])
        return ack


class Rest:
    """The two routes that this example needs."""

    def __init__(self, http: aiohttp.ClientSession) -> None:
        self._http = http

    async def create_session(self, request: CreateSessionRequest) -> CreateSessionResponse:
        async with self._http.post("/api/v1/sessions", json=request) as response:
            return cast(CreateSessionResponse, await response.json())

    async def graph(self, session_id: str) -> GetGraphResponse:
        async with self._http.get("/api/v1/graph", params={"session_id": session_id}) as response:
            return cast(GetGraphResponse, await response.json())


def show(socket: socketio.AsyncClient) -> asyncio.Event:
    """Prints what happens in the session; the event is set when something was undone."""
    undone = asyncio.Event()

    def on_created(event: NodeCreated) -> None:
        print(f"created: {event['node']['name']} at {event['index']}")

    def on_changed(event: PropertyChanged) -> None:
        print(f"changed: {event['property_id']} from {event['old_value']} to {event['new_value']}")

    def on_removed(event: PropertyDeleted) -> None:
        print(f"removed: {event['property_id']}, which was {event['old_value']}")

    def on_undo(event: CommandUndo) -> None:
        print(f"undone: {event['command_type']}")
        undone.set()

    handlers: dict[str, Any] = {
        "node-created": on_created,
        "property-changed": on_changed,
        "property-deleted": on_removed,
        "command:undo": on_undo,
    }
    for event, handler in handlers.items():
        socket.on(event, handler)
    return undone


async def act(session: Session, rest: Rest, undone: asyncio.Event) -> None:
    task: CreateNodeData = {"blueprint_type_id": "task", "name": "Cut the trailer"}
    created = cast(CreateNodeResult, (await session.execute("CreateNode", task))["result"])
    status: UpdatePropertyData = {
        "node_id": created["node_id"],
        "property_id": "status",
        "new_value": "done",
    }
    await session.execute("UpdateProperty", status)
    graph = await rest.graph(session.session_id)
    print(f"graph at {graph['seq']}: {[node['properties'] for node in graph['nodes']]}")

    ack = await session.undo()
    # Events have handlers of their own, which may run after this.
    await undone.wait()
    print(f"undo: {ack['undo']['status']}")
    graph = await rest.graph(session.session_id)
    print(f"graph at {graph['seq']}: {[node['properties'] for node in graph['nodes']]}")

    try:
        await session.execute("CreateNode", {"blueprint_type_id": "task", "parent_id": "nowhere"})
    except Refused as refused:
        print(f"refused: {refused.error['code']}")


async def main(url: str) -> None:
    socket = socketio.AsyncClient()
    undone = show(socket)
    async with aiohttp.ClientSession(url) as http:
        rest = Rest(http)
        info = await rest.create_session({})
        handshake: Handshake = {"actor": {"id": "ada", "name": "Ada"}}
        await socket.connect(url, auth=handshake)
        session = Session(socket, info["session_id"])
        joined = await session.join()
        if joined["ok"] is False:
            raise Refused(joined["error"])
        print(f"joined at {joined['seq']}, protocol {joined['protocol_version']}")
        try:
            await act(session, rest, undone)
        finally:
            await socket.disconnect()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "http://localhost:5000"))
