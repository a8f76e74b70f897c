import { type Stats, statSync } from "node:fs"
import { readdir } from "node:fs/promises"
import path from "node:path"
import type { Env } from "../../../core/lib/config.ts"
import { shippedFile } from "../../../core/lib/files.ts"
import { ok, type Risk, risk } from "./risk.ts"
import type { Installation } from "./settings.ts"

const OTHERS_READ = 0o004
const OTHERS_WRITE = 0o002
const OTHERS_PASS = 0o001
const GROUP_WRITE = 0o020
const STICKY = 0o1000

/** Files with secrets, and those that switch the watching off, must be the owner's alone. */
export async function examineFiles({ home, config, env }: Installation): Promise<Risk[]> {
	const folders = [path.join(home, "secrets"), path.join(home, "compose"), shippedFile("alertmanager/secrets")]
	const named = secretFilesOf(env)
	const hashes = ["prometheus/web.yml", "alertmanager/web.yml", "run/demo-mcp.json"].map((name) =>
		path.join(home, name),
	)
	const copies = ["prometheus", "alertmanager"].map((name) => path.join(home, name, "credentials"))
	const inFolders = (await Promise.all([...folders, ...copies].map(filesIn))).flat()
	const secrets = unique([...inFolders, ...named, ...hashes]).filter((file) => statOf(file) !== undefined)
	const flag = config.GATE_FLAG_FILE ?? path.join(home, "run", "gate.json")
	const settings = claudeSettings(config)
	const guarded = [flag, ...settings].filter((file) => statOf(file) !== undefined)
	const secretRisks = secrets.flatMap(examineSecret)
	const guardedRisks = guarded.flatMap(examineGuarded)
	const data = ["prometheus", "alertmanager", "grafana", "logs"].map((name) => path.join(home, name))
	return [
		...(secretRisks.length === 0
			? [ok(`${secrets.length} files with secrets, readable by their owner only`)]
			: secretRisks),
		...(guardedRisks.length === 0 && guarded.length > 0
			? [ok(`only their owner can change ${guarded.join(", ")}`)]
			: guardedRisks),
		...sameUser(flag, settings),
		...data.flatMap(examineData),
	]
}

/** The settings of Claude Code in which the gate's hook may be. */
export const claudeSettings = ({
	GATE_SETTINGS_FILE,
	CLAUDE_CONFIG_DIR,
	HOME,
}: Pick<Installation["config"], "GATE_SETTINGS_FILE" | "CLAUDE_CONFIG_DIR" | "HOME">): string[] =>
	unique([GATE_SETTINGS_FILE ?? path.join(CLAUDE_CONFIG_DIR ?? path.join(HOME, ".claude"), "settings.json")])

const unique = (files: readonly string[]) => [...new Set(files.map((file) => path.resolve(file)))]

/** The files that `*_FILE` variables name and that are secrets. */
const secretFilesOf = (env: Env): string[] =>
	Object.entries(env).flatMap(([name, file]) =>
		file && /(TOKEN|PASSWORD|SECRET|KEY|DATABASE_URL|ROUTING_KEY)_FILE$/.test(name) ? [file] : [],
	)

async function filesIn(folder: string): Promise<string[]> {
	const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
	return entries
		.filter((entry) => !entry.isDirectory() && entry.name !== ".gitignore")
		.map((entry) => path.join(folder, entry.name))
}

function statOf(file: string): Stats | undefined {
	try {
		return statSync(file)
	} catch {
		return undefined
	}
}

/** The folders that lead to a file, from the root of the file system. */
function foldersAbove(file: string): string[] {
	const parent = path.dirname(path.resolve(file))
	return parent === path.resolve(file) ? [] : [...foldersAbove(parent), parent]
}

/** A closed folder on the way protects a file of any mode. */
const othersReach = (file: string): boolean =>
	foldersAbove(file).every((folder) => ((statOf(folder)?.mode ?? 0) & OTHERS_PASS) !== 0)

/** The file itself, or the folder on the way to it in which another user could replace it. */
function othersWrite(file: string): string | undefined {
	if (((statOf(file)?.mode ?? 0) & OTHERS_WRITE) !== 0 && othersReach(file)) return file
	return foldersAbove(file).find((folder) => {
		const mode = statOf(folder)?.mode ?? 0
		return (mode & OTHERS_WRITE) !== 0 && (mode & STICKY) === 0 && othersReach(folder)
	})
}

function examineSecret(file: string): Risk[] {
	const mode = statOf(file)?.mode ?? 0
	const writable = othersWrite(file)
	if (writable !== undefined)
		return [risk("high", `every user can replace the secret ${file}`, `chmod o-w '${writable}'`)]
	if ((mode & OTHERS_READ) !== 0 && othersReach(file))
		return [
			risk(
				"high",
				`every user can read the secret ${file}`,
				`chmod 600 '${file}'; where a container reads it, give the file to the container's user: chown UID '${file}'`,
			),
		]
	return []
}

/** The gate's flag and settings: a change to them opens the gate. */
function examineGuarded(file: string): Risk[] {
	const writable = othersWrite(file)
	if (writable !== undefined)
		return [risk("high", `every user can change ${file}, and with it the gate`, `chmod o-w '${writable}'`)]
	if (((statOf(file)?.mode ?? 0) & GROUP_WRITE) !== 0)
		return [risk("medium", `the whole group can change ${file}, and with it the gate`, `chmod g-w '${file}'`)]
	return []
}

/** An agent with the user of the gate's files can change them. */
function sameUser(flag: string, settings: readonly string[]): Risk[] {
	const owner = statOf(flag)?.uid
	const shared = settings.find((file) => statOf(file)?.uid === owner)
	if (owner === undefined || shared === undefined) return []
	return [
		risk(
			"medium",
			`${flag} and ${shared} belong to one user: an agent of that user can change both, and read the secrets`,
			"Run agents as a user of their own, or in a container, and put the hook into managed settings (SECURITY.md).",
		),
	]
}

function examineData(folder: string): Risk[] {
	const stat = statOf(folder)
	if (stat === undefined || (stat.mode & OTHERS_READ) === 0 || !othersReach(path.join(folder, "file"))) return []
	return [risk("low", `every user can look into ${folder}`, `chmod 700 '${folder}'`)]
}
