"""A real local stack to try, demonstrate and test against: servers, services, load and faults."""
