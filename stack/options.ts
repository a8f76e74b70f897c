import { readArguments, requireWords, usageError } from "../core/lib/arguments.ts"

/** Whether the demo runs: unless a real source is configured, also beside a real GitHub repository, or never. */
export type DemoChoice = "by default" | "beside GitHub" | "never"

/** What the command line asks for. */
export type Options =
	| { readonly command: "help" }
	| { readonly command: "start"; readonly install: boolean; readonly demo: DemoChoice }
	| { readonly command: "break"; readonly target: string }
	| { readonly command: "repair"; readonly target: string }
	| { readonly command: "reload" }
	| { readonly command: "status" }
	| { readonly command: "link" }

export const HELP = `npm start [-- OPTIONS]

Runs everything on this machine: PostgreSQL, exporters, webhook and console, Prometheus, Alertmanager, Grafana
if it is installed, and a demo system to watch until a real one is connected. Ctrl-C stops it all.

  --install         fetch Prometheus, Alertmanager and Grafana, if they are not on the PATH, into .observatory/packages:
                    pinned releases from their makers' sites, each checked against its SHA-256, or from Debian's
                    packages where a site cannot be reached (needs no root, changes nothing in the system). To use
                    your own programs, put them on the PATH. DOWNLOAD_MIRROR=URL or DOWNLOAD_FOLDER=FOLDER says where
                    the archives are instead.
  --no-demo         do not run the demo system (DEMO_PAST_DAYS=0 runs it without its made-up past)
  --demo            run it beside GITHUB_REPOSITORY as well, for drills; never beside a real database or MCP servers
  --help            this text

While it runs, in another terminal:
  npm start -- break PART     stop a part, and keep it stopped, to see the alert that follows
  npm start -- repair PART    let it run again; also starts a part at once that failed or hangs
  npm start -- status         the state of each part; exit code 1 unless all are well
  npm start -- link           another link that signs in to the console once, within 15 minutes
  npm start -- reload         compile prometheus/alerts.yaml again and put it live, or say what is wrong with it

Addresses, the database and the real sources come from the environment; the README lists every variable.
`

/**
 * Reads the command line.
 *
 * @throws ObservatoryError `bad_request` for anything unknown
 */
export function parseOptions(argv: readonly string[]): Options {
	const flag = { type: "boolean" } as const
	const options = { install: flag, "no-demo": flag, demo: flag, help: { ...flag, short: "h" } } as const
	const { values, positionals } = readArguments({ args: [...argv], options, allowPositionals: true }, HELP)
	if (values.help) return { command: "help" }
	const [command, target] = positionals
	switch (command) {
		case undefined:
			if (values.demo && values["no-demo"]) throw usageError("--demo and --no-demo exclude each other", HELP)
			return {
				command: "start",
				install: values.install ?? false,
				demo: values["no-demo"] ? "never" : values.demo ? "beside GitHub" : "by default",
			}
		case "break":
		case "repair":
			if (target === undefined) throw usageError(`"${command}" needs the name of a part, such as postgres`, HELP)
			requireWords(positionals, 2, HELP)
			return { command, target }
		case "reload":
		case "status":
		case "link":
			requireWords(positionals, 1, HELP)
			return { command }
		default:
			throw usageError(`Unexpected argument "${command}"`, HELP)
	}
}
