"""What is found in JavaScript and TypeScript, and what is let be."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.scan.reading import rules_broken

FOUND = {
    "a mock gateway": ("test-double", "class MockPaymentGateway {}\n"),
    "a double made": ("test-double", "export const gateway = new FakeGateway();\n"),
    "a fake function": ("test-double", "export const fakeFetch = async (url) => request(url);\n"),
    "a mocking call": ("test-double", "export const send = jest.fn();\n"),
    "mock data": ("mock-data", "const mockUsers = [{ id: 1, name: 'Ada' }];\n"),
    "an imported library": ("test-double-import", "import { faker } from '@faker-js/faker';\n"),
    "a required library": ("test-double-import", "const sinon = require('sinon');\n"),
    "an imported mock": ("test-double-import", "import { api } from '../__mocks__/api';\n"),
    "a random measurement": ("random-result", "const getLatency = () => Math.round(Math.random() * 200);\n"),
    "random measurements in a table": (
        "random-result",
        "function collectMetrics(host) { return { host, cpu: Math.random() * 100, at: Date.now() }; }\n",
    ),
    "a constant balance": ("constant-result", "function getBalance(account) { return 1250.75; }\n"),
    "written-out records": (
        "constant-result",
        "export function fetchUsers() { return [{ id: 1, name: 'Ada' }, { id: 2, name: 'Bo' }]; }\n",
    ),
    "a simulated delay": (
        "simulated-work",
        "async function fetchOrders() {\n  await sleep(300); // simulate latency\n  return [{ id: 1, total: 5 }];\n}\n",
    ),
    "a simulated delay in a promise": (
        "simulated-work",
        "const charge = (card) => new Promise((r) => setTimeout(() => r({ id: 1, status: 'paid', fee: 5 }), 500));\n",
    ),
    "a check that always agrees": ("hollow-check", "export const verifyToken = (token) => true;\n"),
    "a check in a promise": (
        "hollow-check",
        "function validateCard(card) { return Promise.resolve({ valid: true }); }\n",
    ),
    "an action that prints": (
        "hollow-action",
        "class Mailer {\n  sendEmail(to) {\n    console.log(`Sending mail to ${to}`);\n    return true;\n  }\n}\n",
    ),
    "a function that throws": (
        "not-implemented",
        "export function refund(o) { throw new Error('Not implemented'); }\n",
    ),
    "a function to be written": ("not-implemented", "async function deploy(v) {\n  // TODO\n}\n"),
    "a guessable default": ("placeholder-secret", "const key = process.env.JWT_SECRET || 'supersecret';\n"),
    "a placeholder": ("placeholder-secret", "export const config = { apiKey: 'YOUR_API_KEY' };\n"),
    "a password": ("hard-coded-secret", "const dbPassword = 'tr0ub4dor&3x';\n"),
    "a key by its form": ("hard-coded-secret", f"const t = 'ghp_{'a1B2' * 9}';\n"),
}
LET_BE = {
    "an empty callback": "export function on(done = () => {}) { return listen(done); }\n",
    "a class's constructor": "class A { constructor(private readonly b) {} }\n",
    "random where it is meant": "const retryJitter = () => Math.random() * 100;\n",
    "a real request": "async function fetchOrders() { return (await fetch('/orders')).json(); }\n",
    "a check that judges": "const verifyToken = (token) => jwt.verify(token, key);\n",
    "a check of the type": "function isValid(x) { return typeof x === 'string'; }\n",
    "an action that acts": "function sendEmail(to) { console.log(`to ${to}`); return smtp.send(to); }\n",
    "a deliberate refusal": "function get(x) { if (x) { return x; } throw new Error('Not implemented'); }\n",
    "a wait": "const delay = (ms) => new Promise((resolve) => setTimeout(resolve, ms));\n",
    "a kind of field": "const field = { password: 'password', secretName: 'payments/key' };\n",
    "a token of a grammar": "const token = 'identifier';\n",
}
LET_BE_IN_TYPESCRIPT = {
    "an abstract method": "abstract class Source { abstract read(): Promise<void>; close(): void {} }\n",
    "an interface and an overload": (
        "interface Gateway { charge(amount: number): boolean; }\n"
        "function send(a: string): void;\nfunction send(a: unknown): void { wire.write(a); }\n"
    ),
    "an imported type": "import type { Mock } from 'vitest';\n",
}


@pytest.mark.parametrize("ending", ["js", "ts", "tsx"])
@pytest.mark.parametrize("name", FOUND)
def test_it_is_found(name: str, ending: str, tmp_path: Path) -> None:
    rule, text = FOUND[name]
    assert rules_broken(tmp_path, f"app.{ending}", text) == [rule]


@pytest.mark.parametrize("name", [name for name in LET_BE if name != "a class's constructor"])
def test_it_is_let_be(name: str, tmp_path: Path) -> None:
    assert rules_broken(tmp_path, "app.jsx", LET_BE[name]) == []


@pytest.mark.parametrize("name", [*LET_BE, *LET_BE_IN_TYPESCRIPT])
def test_it_is_let_be_in_typescript(name: str, tmp_path: Path) -> None:
    assert rules_broken(tmp_path, "app.ts", (LET_BE | LET_BE_IN_TYPESCRIPT)[name]) == []
