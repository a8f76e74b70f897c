/** `npm run grafana:access`: gives each role's team its folder of boards in a running Grafana. */
import { readFileSync } from "node:fs"
import { readArguments, runCommand, usageError } from "../../core/lib/arguments.ts"
import { messageOf, ObservatoryError } from "../../core/lib/errors.ts"
import { printable } from "../../core/lib/plain-text.ts"
import { BOARDS } from "../boards/index.ts"
import { createGrafana } from "../client/client.ts"
import { grafanaOf } from "../client/settings.ts"
import { applyAccess } from "./apply.ts"
import { accessMap } from "./map.ts"
import { type Members, parseMembers } from "./members.ts"
import { planAccess } from "./plan.ts"
import { renderPlan } from "./render.ts"
import { readAccess } from "./state.ts"

const HELP = `npm run grafana:access -- --plan|--apply [OPTIONS]

Gives each role a team in Grafana that sees the boards of its folder, and only those: executive, operations, developer and
security. Withdraws the folders' permissions of the roles Viewer and Editor; those of other teams and of single people
stay. A second run changes nothing.

  --plan             say what would change, and change nothing
  --apply            change it
  --members FILE     the people of each role, in YAML (executive: [ada, bob@example.org]); the teams named there have
                     exactly these members afterwards. Without it, the teams keep theirs
  --url URL          Grafana's address; otherwise GRAFANA_URL, otherwise the Grafana of npm start here
  --token-file FILE  the token of a service account of role Admin; otherwise GRAFANA_TOKEN_FILE, or GRAFANA_USER and
                     GRAFANA_PASSWORD_FILE

Exit code: 0 as it should be, or changed; 1 --plan found changes, a fault is left, or no Grafana; 2 wrong usage.
`

const text = { type: "string" } as const
const flag = { type: "boolean" } as const

async function main(): Promise<number> {
	const options = {
		plan: flag,
		apply: flag,
		members: text,
		url: text,
		"token-file": text,
		help: { ...flag, short: "h" },
	} as const
	const { values } = readArguments({ options }, HELP)
	if (values.help) {
		process.stdout.write(HELP)
		return 0
	}
	const apply = values.apply ?? false
	if (apply === (values.plan ?? false)) throw usageError("Say either --plan or --apply", HELP)
	const members = values.members === undefined ? {} : readMembers(values.members)
	const grafana = createGrafana(grafanaOf(process.env, { url: values.url, tokenFile: values["token-file"] }))
	const map = accessMap(BOARDS)
	const state = await readAccess(grafana, map)
	const plan = planAccess(map, state, members)
	if (apply) await applyAccess(grafana, state, plan.changes)
	process.stdout.write(printable(renderPlan(map, plan, apply)))
	return plan.faults.length > 0 || (!apply && plan.changes.length > 0) ? 1 : 0
}

function readMembers(file: string): Members {
	let content: string
	try {
		content = readFileSync(file, "utf8")
	} catch (error) {
		throw new ObservatoryError("file_unreadable", `The members' file cannot be read: ${messageOf(error)}`, {
			cause: error,
		})
	}
	return parseMembers(content, file)
}

await runCommand(main)
