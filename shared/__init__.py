"""What every service shares: the published language, the event store, the log, the policy and the runtime."""
