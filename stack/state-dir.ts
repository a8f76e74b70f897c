import { accessSync, chmodSync, constants, mkdirSync } from "node:fs"
import { join, resolve } from "node:path"
import { messageOf, ObservatoryError } from "../core/lib/errors.ts"
import { removeDrafts } from "../core/lib/files.ts"

/** The folders of a local run's state, all below one that git ignores. */
export interface StateDir {
	readonly root: string
	readonly postgres: string
	/** The database of the demo system, which is monitored and may be broken on purpose. */
	readonly demoPostgres: string
	readonly prometheus: string
	readonly alertmanager: string
	readonly grafana: string
	readonly packages: string
	readonly secrets: string
	readonly logs: string
	readonly run: string
}

/** Where everything is, below `override` (`OBSERVATORY_HOME`) or `.observatory` in the project. */
export function stateDirAt(projectRoot: string, override?: string): StateDir {
	const root = override === undefined ? join(projectRoot, ".observatory") : resolve(override)
	const at = (name: string) => join(root, name)
	return {
		root,
		postgres: at("postgres"),
		demoPostgres: at("demo-postgres"),
		prometheus: at("prometheus"),
		alertmanager: at("alertmanager"),
		grafana: at("grafana"),
		packages: at("packages"),
		secrets: at("secrets"),
		logs: at("logs"),
		run: at("run"),
	}
}

/**
 * Makes the folders. Those with secrets, series and logs are closed to other users. PostgreSQL may run as one and has to
 * pass through the rest; the gate reads the flag file in `run`.
 *
 * @throws ObservatoryError `file_unreadable` when the folder belongs to another user
 */
export function createStateDir(home: StateDir): void {
	try {
		for (const folder of Object.values(home)) mkdirSync(folder, { recursive: true, mode: 0o755 })
		for (const folder of [home.secrets, home.prometheus, home.alertmanager, home.grafana, home.logs])
			chmodSync(folder, 0o700)
		for (const folder of [home.root, home.run, home.logs, home.secrets])
			accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK)
	} catch (error) {
		throw new ObservatoryError("file_unreadable", `The folder for local state, ${home.root}, cannot be used`, {
			advice:
				"Give it to the user who starts this (it may have been started as another user before), or set OBSERVATORY_HOME to a folder of your own.",
			cause: new Error(messageOf(error)),
		})
	}
}

/** Removes what an earlier run that was killed had half written. Call it with the right to run. */
export function removeLeftovers({ run, secrets, logs, prometheus, alertmanager }: StateDir): void {
	for (const folder of [run, secrets, logs, prometheus, join(prometheus, "rules"), alertmanager]) removeDrafts(folder)
}
