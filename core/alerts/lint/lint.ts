import type { Alert } from "../model.ts"
import type { Report } from "../source.ts"
import type { WrittenAlert } from "../syntax/document.ts"

/** What is known about the world outside the file. */
export interface Outside {
	/** The channels that are defined, and whether their secrets are there; undefined when unknown. */
	readonly channels?: ReadonlyMap<string, { readonly configured: boolean }>
	/** Names of the alerts that have a runbook in docs/runbooks; undefined when unknown. */
	readonly runbooks?: ReadonlySet<string>
	/** The file belongs to another project, whose runbooks may well lie elsewhere. */
	readonly foreign?: boolean
}

interface Subject {
	readonly written: WrittenAlert
	/** Undefined when it is not known when it fires; what it says besides is checked all the same. */
	readonly alert: Alert | undefined
	/** Names of all alerts of the file, those with mistakes included. */
	readonly names: ReadonlySet<string>
	readonly outside: Outside
}

/** Checks one alert for what its author would regret. A field that did not fit the schema is left alone. */
export type Lint = (subject: Subject, report: Report) => void
