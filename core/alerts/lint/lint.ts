import type { Alert, AlertFile, Parameter } from "../model.ts"
import type { Tell } from "../source.ts"
import type { WrittenAlert } from "../syntax/document.ts"

/** What is known about the world outside the file. */
export interface Outside {
	/** The channels that are defined, and whether their secrets are there; undefined when nobody knows. */
	readonly channels?: ReadonlyMap<string, { readonly configured: boolean }>
	/** Names of the alerts that have a runbook in docs/runbooks; undefined when nobody knows. */
	readonly runbooks?: ReadonlySet<string>
	/** The file belongs to another project, whose runbooks may well lie elsewhere. */
	readonly foreign?: boolean
}

interface Subject {
	readonly alert: Alert
	readonly written: WrittenAlert
	readonly file: AlertFile
	readonly outside: Outside
	readonly parameters: ReadonlyMap<string, Parameter>
}

/** Looks at one alert that is right in itself, and tells what its author will regret. */
export type Lint = (subject: Subject, tell: Tell) => void
