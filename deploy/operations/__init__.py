"""What operations do to a running ensemble, and the log of it: who did what, why, and with what result.

A command that changes something goes through `deploy.operations.action.perform`:

    @app.command()
    def rebuild(
        service: str, dry_run: DryRun = False, yes: Yes = False, reason: Reason = "", who: Who = "", json: Json = False
    ) -> None:
        how = How(dry_run, yes, reason, who, json)
        plan = Plan("rebuild", service, ("12,345 events are folded into 3 tables of rooms.",), {"events": 12345})

        def do(run: Run) -> Outcome:
            run.go_on = f"`foyer rebuild {service}` goes on where it stopped."     # said and recorded after Ctrl-C
            ...
            return Outcome(("The new tables are in place.",), {"events": 12345})   # Outcome(..., status=1): not well

        perform(plan, how, do)

`perform` shows the plan; with --dry-run that is all. Otherwise it asks (or wants --yes where nobody can be asked),
wants a reason, records ActionBegun, calls `do`, and records ActionDone, ActionFailed or ActionInterrupted. What came
out is printed, as JSON with --json. It ends the command with the exit status: 0 fine, 1 not done or not well, 2 bad
input (raise `BadInput`, also for what is needed and not there), 130 after Ctrl-C.

An action that a kill has ended has no end in the log; `foyer audit` shows it as killed. So `do` must be safe to repeat.
Nothing personal may stand in plan, reason or outcome: names of streams, counts, ids.

The log lives in a database of its own beside those of the services: FOYER_DATABASE_URL with `{service}` = operations.
On PostgreSQL it is created when it is not there and the user may do so.
"""
