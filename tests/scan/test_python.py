"""What is found in Python, and what is let be."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.scan.reading import rules_broken

FOUND = {
    "a mock gateway": ("test-double", "class MockPaymentGateway:\n    pass\n"),
    "a double by its last word": ("test-double", "class PaymentGatewayFake:\n    pass\n"),
    "a double made": ("test-double", "from shop import gateways\ngateway = gateways.FakeGateway()\n"),
    "a stub function": ("test-double", "def stub_payment(order):\n    return order.id\n"),
    "a maker of mocks": ("test-double", "def create_mock_client(url):\n    return connect(url)\n"),
    "mock data": ("mock-data", 'MOCK_ORDERS = [{"id": 1, "total": 9.5}]\n'),
    "unittest.mock": ("test-double-import", "from unittest import mock\n"),
    "a fake-data library": ("test-double-import", "from faker import Faker\n"),
    "a random measurement": (
        "random-result",
        "import random\ndef get_cpu_usage():\n    return random.uniform(10, 90)\n",
    ),
    "random measurements through variables": (
        "random-result",
        """
        def collect_metrics(host):
            cpu = round(random.uniform(5, 95), 1)
            found = {"host": host, "cpu": cpu, "at": datetime.now().isoformat()}
            found["memory"] = random.randint(10, 90)
            return found
        """,
    ),
    "a random prediction": (
        "random-result",
        "def predict(features):\n    return random.choice(['spam', 'ham'])\n",
    ),
    "a constant balance": ("constant-result", "def get_balance(account):\n    return 1250.75\n"),
    "a constant latency in its unit": ("constant-result", "def latency_ms():\n    return 42\n"),
    "written-out records": (
        "constant-result",
        "def fetch_orders():\n    return [{'id': 1, 'total': 5}, {'id': 2, 'total': 7}]\n",
    ),
    "an invented health": (
        "constant-result",
        "def get_health():\n    return {'status': 'ok', 'database': 'connected', 'queue': 'connected'}\n",
    ),
    "a sleep in place of work": (
        "simulated-work",
        "async def charge(order):\n    await asyncio.sleep(1)\n    return {'id': order, 'status': 'paid', 'fee': 1}\n",
    ),
    "an admitted placeholder": (
        "simulated-work",
        "def resize(image):\n    # In a real implementation this would call the GPU\n    return True\n",
    ),
    "a check that always agrees": ("hollow-check", "def verify_token(token):\n    return True\n"),
    "a check that logs and agrees": (
        "hollow-check",
        "def validate_payment(payment):\n    logger.info('checking %s', payment)\n    return {'valid': True}\n",
    ),
    "an action that prints": (
        "hollow-action",
        "def send_email(to):\n    print(f'Sending mail to {to}')\n    return True\n",
    ),
    "an action that logs": (
        "hollow-action",
        "class Mailer:\n    def notify(self, user):\n        logging.info('notified %s', user)\n",
    ),
    "a function to be written": ("not-implemented", "def refund(order):\n    # TODO: implement\n    pass\n"),
    "a function that refuses": ("not-implemented", "def refund(order):\n    raise NotImplementedError\n"),
    "an action that is empty": ("not-implemented", "def publish(event):\n    pass\n"),
    "a placeholder": ("placeholder-secret", 'API_KEY = "your-api-key"\n'),
    "a guessable default": ("placeholder-secret", 'password = os.environ.get("DB_PASSWORD", "changeme")\n'),
    "a guessable argument": ("placeholder-secret", 'connect(user="app", password="<password>")\n'),
    "a password": ("hard-coded-secret", 'DB_PASSWORD = "tr0ub4dor&3x"\n'),
    "a secret in a dictionary": ("hard-coded-secret", 'settings = {"client_secret": "9fQ2-xLp81_vbTz0"}\n'),
    "a password in a URL": ("hard-coded-secret", 'URL = "postgresql://app:s8Kd02mf@db.internal/shop"\n'),
    "a key by its form": ("hard-coded-secret", f'region_key = "AKIA{"Q3ED" * 4}"\n'),
}
LET_BE = {
    "a remote call's stub": "stub = billing_pb2_grpc.BillingStub(channel)\n",
    "words with mock inside": "class Mockup:\n    pass\ndef fakeroot():\n    return run('fakeroot')\n",
    "a dummy variable": "def total(rows):\n    for dummy in rows:\n        count(dummy)\n",
    "a detector of fakes": "class FakeNewsDetector:\n    pass\n",
    "a stub file": "class StubFile:\n    pass\n",
    "random where it is meant": "def backoff_delay(base):\n    return base * random.random()\n",
    "random that is measured with": "def get_latency(hosts):\n    return ping(random.choice(hosts))\n",
    "a real measurement": "def get_cpu_usage():\n    return psutil.cpu_percent()\n",
    "an empty default": "def get_balance(account):\n    return 0\n",
    "declared choices": "def get_default_items():\n    return [{'id': 1, 'a': 2}, {'id': 2, 'a': 3}]\n",
    "a lookup": "def get_report(kind):\n    return {'a': 1, 'b': 2, 'c': 3}[kind]\n",
    "liveness": "def health():\n    return {'status': 'ok'}\n",
    "a check that judges": "def verify_token(token):\n    if token.expired:\n        return False\n    return True\n",
    "a check that refuses": "def verify_token(token):\n    return False\n",
    "a hook": '''
        class Server:
            def verify_request(self, request):
                """May be overridden."""
                return True
        ''',
    "an overridden check": """
        class Plugin:
            def check_order(self, order):
                return True
        class Strict(Plugin):
            def check_order(self, order):
                return order.paid
        """,
    "an action that acts": "def send_email(to):\n    print(f'Sending to {to}')\n    smtp.send(to)\n",
    "a console notifier": "class ConsoleNotifier:\n    def send(self, text):\n        print('note:', text)\n",
    "a sleep that is meant": "async def wait_until_ready():\n    await asyncio.sleep(1)\n    return True\n",
    "abstract methods": """
        class Source(ABC):
            @abstractmethod
            def read(self): ...
            def close(self):
                raise NotImplementedError
        """,
    "a base class": """
        class Transport:
            def send(self, request):
                raise NotImplementedError()
        class Real(Transport):
            def send(self, request):
                return self.wire.write(request)
        """,
    "a protocol": "class Sink(Protocol):\n    def publish(self, event): ...\n",
    "overloads": "@overload\ndef send(a: int) -> int: ...\n@overload\ndef send(a: str) -> str: ...\n",
    "an exception": "class OrderMissing(Exception):\n    pass\n",
    "something that can't be had here": (
        "def send_signal(n):\n    raise NotImplementedError('not available on Windows')\n"
    ),
    "a refusal in one branch": (
        "def send(a):\n    if a.ok:\n        return wire(a)\n    raise NotImplementedError(a.kind)\n"
    ),
    "a name of a secret": 'PASSWORD = "password"\nSECRET_NAME = "payments/api_key"\nTOKEN_URL = "https://a/token"\n',
    "a secret that is read": 'password = os.environ["DB_PASSWORD"]\nsecret = ""\n',
    "a pattern of a token": 'token = r"[a-z]+\\d{4}"\n',
    "a URL made of parts": 'url = f"postgresql://{user}:{password}@{host}/shop"\n',
    "a URL in a docstring": 'def connect(url):\n    """Such as http://app:f00bar99@host:1."""\n    return open_(url)\n',
    "a heading of a key": 'def is_key(text):\n    return text.startswith("-----BEGIN RSA PRIVATE KEY-----")\n',
}


@pytest.mark.parametrize("name", FOUND)
def test_it_is_found(name: str, tmp_path: Path) -> None:
    rule, text = FOUND[name]
    assert rules_broken(tmp_path, "app.py", text) == [rule]


@pytest.mark.parametrize("name", LET_BE)
def test_it_is_let_be(name: str, tmp_path: Path) -> None:
    assert rules_broken(tmp_path, "app.py", LET_BE[name]) == []
