"""What each role does: `decide` names the next action from a view, `execute` does it, a loop drives both."""
