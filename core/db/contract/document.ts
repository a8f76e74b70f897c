import { BRANCHES } from "./providers.ts"
import { asTransaction, contractScript } from "./render.ts"
import { columnsOf, OUTCOME_KINDS, VIEW_NAMES, VIEWS, type ViewName } from "./views.ts"

/** `docs/contract.md`: what the exporters read from PostgreSQL, for people who provide it or grant the right to read it. */
export function renderContractDocument(): string {
	const evals = contractScript(BRANCHES.filter(({ provider }) => provider !== "own"))
	return `${INTRODUCTION}
${VIEW_NAMES.map(renderView).join("\n")}
### Kinds of outcomes

${table(
	["kind", "value"],
	Object.entries(OUTCOME_KINDS).map(([kind, help]) => [code(kind), help]),
)}

Other kinds are counted as \`other\`. Kinds that compare need \`before\`.

## Providers that ship

${table(
	["view", "provider", "reads"],
	BRANCHES.map(({ view, provider, needs }) => [code(view), code(provider), Object.keys(needs).map(code).join(", ")]),
)}

Times without a zone in the evals tables are UTC. Tokens and cost of a run come from the metrics of its tasks and are
given to the run's first observer session: the run's own metrics repeat its tasks', so those are left aside, and further
observer sessions of the run get none. A run that no observer session has joined within 5 minutes counts its tokens and cost
itself, as a row of provider \`evals_unobserved\`, which is no session. A task's cost that is no number is left out and counted.
Delete the sessions of a run together. An unfinished task, or a retrieval
without a result, is an outcome without a value until it has one.

## The views for the evals tables alone

For a database in which the exporters may not create anything. Run it as the owner of the tables, then again after
the tables have changed; \`npm run doctor -- --sql\` prints the script that fits the database as it is.

\`\`\`sql
${asTransaction(evals.sql).trim()}
\`\`\`
`
}

const INTRODUCTION = `<!-- Generated from core/db/contract; change it there, then run "npx vitest run --project unit test/unit/contract -u". -->
# The contract

The exporters read what the autonomous system does from ten views in schema \`contract\`. They create the views
themselves in the database that \`SOURCE_DATABASE_URL\` names (\`DATABASE_URL\` when it is not set), if they may: over our own
tables, and over the evals tables in schema \`public\` as soon as those exist. Where their role may not, another role creates the
views, with the script at the end of this page or by hand over any other tables. Views without our comment on the schema
are left alone.

The exporters upgrade the views when a new release changes them, in one transaction, and keep owner and rights. New
columns come at a view's end, so views of others that read ours stay. Where a column was removed or has another type,
the view is dropped and made again; if something else depends on it, nothing changes, and the log and
\`npm run doctor\` name what is in the way. Views that a later release made are left alone, so releases can run side by side.

A view over a table keeps that table's columns from being dropped or changed in type. Before such a migration, run
\`drop schema contract cascade\`; the exporters make it again within a minute, and the rights to read it have to
be granted again.

## A role that can only read

\`\`\`sql
create role observatory_reader login password '...';
grant connect on database NAME to observatory_reader;
grant usage on schema contract to observatory_reader;
grant select on all tables in schema contract to observatory_reader;
alter default privileges in schema contract grant select on tables to observatory_reader;
grant pg_monitor to observatory_reader; -- optional: what other users' connections are doing
\`\`\`

Put it into \`SOURCE_DATABASE_URL\`. The views read with their owner's rights, so the exporters need none on the tables
beneath. alert-webhook gets the same address: where the monitored system keeps \`observatory.claude_sessions\`, a pause
and an emergency stop change the state of its rows, which takes two rights more.

\`\`\`sql
grant usage on schema observatory to observatory_reader;
grant select, update on observatory.claude_sessions to observatory_reader;
\`\`\`

Without them a stop closes the gate all the same, and says that it could not end those rows; it ends them as soon as it may.
Sessions in our own database are paused and ended as well, and the events \`emergency_stop\` and
\`emergency_stop_released\` are written there alone. A system whose sessions have no such rows has to ask the gate or
\`GET /api/control\`. \`npm run doctor\` says what is missing. Totals are kept in the database of \`DATABASE_URL\`, which is ours to write.

When that is another database than the monitored one, the exporters make the views in it as well and read them there for
provider \`own\`: our own tables, such as the sessions from transcripts. Its other providers are not read, and a
provider \`own\` of the monitored database is counted beside it. Two addresses of one database, a physical replica's among
them, are recognised as one, and every row counts once.

## What the exporters rely on

- A row's \`seq\` comes from a sequence: it grows with every insert within its \`provider\` and is never used twice. Rows may become visible out of order, as when a transaction commits late: the exporters wait for numbers that
  were skipped until no running transaction can bring them any more, 60 seconds at least.
- \`provider\` is a constant in each branch of a view, and \`seq\` is backed by an index, so that reading costs what is
  new. Where the table beneath numbers its rows with a 4-byte \`integer\`, \`native_seq\` gives that number without a cast.
- A row may change while it is open, as each view says; then it is looked at again in every turn, at most 2000 rows of a
  provider at once and the others in the next turns. A closed row is not looked at again, except that sessions take
  corrections for an hour after their end.
- Views of another author may lack the columns marked optional, such as those that a later release adds: they
  read as null, and the metrics from them have no series. \`npm run doctor\` names them, and columns of a wrong type.
- A number that is NaN or infinite, or outside the range that is given for it, reads as null, and is counted in
  \`observatory_contract_values_refused_total\`, as is a label's value that is counted under \`other\`. \`npm run doctor\` has
  the numbers.
- Numbers that begin again, as after a truncation, a restored dump or a failover that lost rows, are noticed at the next
  poll by the time at which rows came into being (\`started_at\`, \`created_at\` and their like), and in the poll after that
  where a view has no such time that stays the same. The log says it, \`observatory_contract_restarts_total\` counts it, and
  the new rows are counted on. Where that is not what happened, \`npm run contract -- --restart PROVIDER\` sets the position.
- Rows may be deleted at any time. What was counted stays counted, and in sight while the monitored database is away.
- The exporters read with \`select\` alone, on one snapshot, and end a query after 8 seconds.

## The views
`

function renderView(name: ViewName): string {
	const view = VIEWS[name]
	const open = "open" in view ? ` A row is open while ${openText(view.open)}.` : " A row counts when it is first read."
	const columns = Object.entries(columnsOf(name)).map(([column, { type, help }]) => [code(column), type, help])
	return `### contract.${name}

${view.help}${open}

${table(["column", "type", "meaning"], columns)}
`
}

const openText = (open: string) => (open.startsWith("neither") ? `it is ${open}` : open)

const code = (text: string) => `\`${text}\``

/** A table with its columns aligned, as the formatter wants it. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
	const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)))
	const line = (cells: readonly string[]) => `| ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(" | ")} |`
	return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n")
}
