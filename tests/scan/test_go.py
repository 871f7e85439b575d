"""What is found in Go, and what is let be."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.scan.reading import rules_broken

FOUND = {
    "a mock gateway": ("test-double", "type MockGateway struct{}\n"),
    "a double made": ("test-double", "func gateway() Gateway { return &FakeGateway{} }\n"),
    "a maker of fakes": ("test-double", "func NewFakeClient(url string) *Client { return dial(url) }\n"),
    "mock data": ("mock-data", 'var mockOrders = []Order{{ID: 1, Name: "a"}}\n'),
    "a test server": ("test-double-import", 'import "net/http/httptest"\n'),
    "a mocking library": ("test-double-import", 'import (\n\t"fmt"\n\tm "github.com/stretchr/testify/mock"\n)\n'),
    "a random measurement": ("random-result", "func GetLatency() float64 { return rand.Float64() * 100 }\n"),
    "a constant balance": (
        "constant-result",
        "func (b *Bank) GetBalance(account string) (float64, error) { return 1250.75, nil }\n",
    ),
    "written-out records": (
        "constant-result",
        'func FetchUsers() []User { return []User{{ID: 1, Name: "Ada"}, {ID: 2, Name: "Bo"}} }\n',
    ),
    "a simulated delay": (
        "simulated-work",
        "func ProcessPayment(o Order) error {\n\t// Simulate the provider\n\ttime.Sleep(pause)\n\treturn nil\n}\n",
    ),
    "an action that prints": (
        "hollow-action",
        'func (p *Pay) Charge(amount int) error {\n\tfmt.Println("charging", amount)\n\treturn nil\n}\n',
    ),
    "a check that always agrees": (
        "hollow-check",
        "func VerifyToken(token string) (bool, error) { return true, nil }\n",
    ),
    "a check without errors": ("hollow-check", "func (a *Auth) ValidateUser(name string) error { return nil }\n"),
    "a panic": ("not-implemented", 'func Refund(o Order) error { panic("not implemented") }\n'),
    "an error": ("not-implemented", 'func Refund(o Order) error { return errors.New("not implemented") }\n'),
    "a function to be written": ("not-implemented", "func Deploy(v string) {\n\t// TODO: implement\n}\n"),
    "a placeholder": ("placeholder-secret", 'const apiKey = "changeme"\n'),
    "a password in a struct": ("hard-coded-secret", 'var cfg = Config{Password: "tr0ub4dor&3x"}\n'),
    "a password in a URL": ("hard-coded-secret", 'const dsn = "postgres://app:s8Kd02mf@db.internal/shop"\n'),
}
LET_BE = {
    "a marker method": "func (t *Leaf) isNode() {}\n",
    "what gRPC declares unimplemented": (
        'func (UnimplementedBilling) Pay() error { return errors.New("method Pay not implemented") }\n'
    ),
    "a real measurement": "func GetLatency() float64 { return time.Since(began).Seconds() }\n",
    "a check that judges": "func Validate(o Order) error {\n\tif o.ID == 0 {\n\t\treturn errBad\n\t}\n\treturn nil }\n",
    "an action that acts": 'func Send(m Mail) error {\n\tlog.Println("sending")\n\treturn smtp.Send(m)\n}\n',
    "a logger": 'func (l *consoleLogger) Send(text string) { fmt.Println("note", text) }\n',
    "an authorizer of everything": "func (AllowAll) Authorize(user string) error { return nil }\n",
    "a status code": "func (r *Reply) GetStatus() int { return http.StatusOK }\n",
    "a branch that panics": (
        'func Send(k Kind) error {\n\tif k == A {\n\t\treturn send(k)\n\t}\n\tpanic("unimplemented")\n}\n'
    ),
    "a name of a secret": 'const password = "password"\nconst tokenPath = "/run/secrets/token"\n',
}


@pytest.mark.parametrize("name", FOUND)
def test_it_is_found(name: str, tmp_path: Path) -> None:
    rule, text = FOUND[name]
    assert rules_broken(tmp_path, "app.go", f"package app\n{text}") == [rule]


@pytest.mark.parametrize("name", LET_BE)
def test_it_is_let_be(name: str, tmp_path: Path) -> None:
    assert rules_broken(tmp_path, "app.go", f"package app\n{LET_BE[name]}") == []
