import { ObservatoryError } from "../core/lib/errors.ts"

/** What the command line asks for. */
export type Options =
	| { readonly command: "help" }
	| { readonly command: "start"; readonly install: boolean; readonly demo: boolean }
	| { readonly command: "break" | "repair"; readonly target: string }
	| { readonly command: "reload" }

export const HELP = `npm start [-- OPTIONS]

Runs everything on this machine: PostgreSQL, exporters, webhook and console, Prometheus, Alertmanager, Grafana
if it is installed, and a demo system to watch until a real one is connected. Ctrl-C stops it all.

  --install         fetch Prometheus and Alertmanager from Debian's packages into .observatory/packages
                    (needs no root, changes nothing in the system)
  --no-demo         do not run the demo system
  --help            this text

While it runs, in another terminal:
  npm start -- break PART     stop a part, and keep it stopped, to see the alert that follows
  npm start -- repair PART    let it run again
  npm start -- reload         compile prometheus/alerts.yaml again and put it live, or say what is wrong with it

Addresses, the database and the real sources come from the environment; the README lists every variable.
`

/**
 * Reads the command line.
 *
 * @throws ObservatoryError `bad_request` for anything unknown
 */
export function parseOptions(argv: readonly string[]): Options {
	const [first, second, ...more] = argv
	if (first === "break" || first === "repair") {
		if (second === undefined) throw usage(`"${first}" needs the name of a part, such as postgres`)
		if (more[0] !== undefined) throw usage(`"${more[0]}" is one word too many`)
		return { command: first, target: second }
	}
	if (first === "reload") {
		if (second !== undefined) throw usage(`"${second}" is one word too many`)
		return { command: "reload" }
	}
	let install = false
	let demo = true
	for (const word of argv) {
		if (word === "--help" || word === "-h") return { command: "help" }
		if (word === "--install") install = true
		else if (word === "--no-demo") demo = false
		else throw usage(`"${word}" is not an option`)
	}
	return { command: "start", install, demo }
}

function usage(problem: string): ObservatoryError {
	return new ObservatoryError("bad_request", problem, {
		advice:
			"Known are --install, --no-demo, --help, break PART, repair PART and reload; npm start -- --help explains them.",
	})
}
