import { execFile } from "node:child_process"
import {
	chownSync,
	existsSync,
	mkdirSync,
	readFileSync,
	readlinkSync,
	renameSync,
	rmSync,
	writeFileSync,
} from "node:fs"
import { join } from "node:path"
import { promisify } from "node:util"
import type { ListenAddress } from "../../core/lib/config.ts"
import { messageOf, ObservatoryError } from "../../core/lib/errors.ts"
import { type Command, type RunAs, setprivOptions } from "../process/children.ts"
import { endGroup } from "../process/groups.ts"
import type { Secret } from "../secrets.ts"
import type { PostgresBinaries } from "./binaries.ts"

/** A local PostgreSQL server: its data folder and how to run it. */
export interface Cluster {
	readonly binaries: PostgresBinaries
	/** The parent folder of `data`. */
	readonly folder: string
	readonly address: ListenAddress
	readonly superuser: Secret
	readonly user: RunAs | undefined
	readonly setpriv: string | undefined
	readonly searchPath: string
}

export const dataFolder = ({ folder }: Cluster) => join(folder, "data")

/**
 * Creates the data folder if there is none, and returns the server's command line. Settings that keep data safe stay at
 * PostgreSQL's defaults (fsync on). The server listens on loopback only and has no socket in a shared folder.
 *
 * @throws ObservatoryError `database_wrong_schema` for data of another major version
 */
export async function prepareCluster(cluster: Cluster, report: (progress: string) => void): Promise<Command> {
	const data = dataFolder(cluster)
	if (cluster.user) chownSync(cluster.folder, cluster.user.uid, cluster.user.gid)
	await endOrphan(data)
	if (!existsSync(join(data, "PG_VERSION"))) {
		report("creating its data folder")
		await initialise(cluster)
	} else {
		checkVersion(cluster)
		if (cluster.superuser.created) await replacePassword(cluster)
	}
	const { host, port } = cluster.address
	const settings = [`listen_addresses=${host}`, `port=${port}`, "unix_socket_directories=", "logging_collector=off"]
	return command(cluster, cluster.binaries.postgres, ["-D", data, ...settings.flatMap((setting) => ["-c", setting])])
}

/** Initialises a draft folder and renames it, so that an interrupted start leaves no partial data folder. */
async function initialise(cluster: Cluster): Promise<void> {
	const draft = join(cluster.folder, "data.new")
	const passwordFile = join(cluster.folder, "password.new")
	rmSync(draft, { recursive: true, force: true })
	mkdirSync(draft, { mode: 0o700 })
	writeFileSync(passwordFile, cluster.superuser.value, { mode: 0o600 })
	if (cluster.user) for (const path of [draft, passwordFile]) chownSync(path, cluster.user.uid, cluster.user.gid)
	const access = ["--username=postgres", "--auth=scram-sha-256", `--pwfile=${passwordFile}`]
	const text = ["--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
	try {
		await runOnce(command(cluster, cluster.binaries.initdb, ["-D", draft, ...access, ...text]), cluster)
		renameSync(draft, dataFolder(cluster))
	} finally {
		rmSync(passwordFile, { force: true })
	}
}

function checkVersion(cluster: Cluster): void {
	const data = dataFolder(cluster)
	const version = readFileSync(join(data, "PG_VERSION"), "utf8").trim()
	if (version === String(cluster.binaries.major)) return
	throw new ObservatoryError(
		"database_wrong_schema",
		`The data in ${data} was created by PostgreSQL ${version}, but this is PostgreSQL ${cluster.binaries.major}`,
		{
			advice: `To keep the data, dump it with pg_dump of version ${version}. To start with an empty database: mv ${data} ${data}.${version}`,
		},
	)
}

/** Sets the new password in single-user mode, after the file of the old one was lost. */
async function replacePassword(cluster: Cluster): Promise<void> {
	const single = command(cluster, cluster.binaries.postgres, ["--single", "-D", dataFolder(cluster), "postgres"])
	await runOnce(single, cluster, `ALTER ROLE postgres PASSWORD '${cluster.superuser.value}';\n`)
}

/**
 * Ends a server that an earlier run left behind. After a power failure the recorded pid may belong to another program,
 * which PostgreSQL would mistake for its own; then the pid file is deleted. A real server works in its data folder.
 */
async function endOrphan(data: string): Promise<void> {
	const file = join(data, "postmaster.pid")
	if (process.platform !== "linux" || !existsSync(file)) return
	const pid = Number.parseInt(readFileSync(file, "utf8"), 10)
	if (!(pid > 0)) return
	if (workingFolder(pid) === data) await endGroup(pid, "SIGINT", 10_000)
	else rmSync(file, { force: true })
}

function workingFolder(pid: number): string | undefined {
	try {
		return readlinkSync(`/proc/${pid}/cwd`)
	} catch {
		// No such process, or one of another user: not the server that we started.
		return undefined
	}
}

function command(cluster: Cluster, file: string, args: readonly string[]): Command {
	const env = { PATH: cluster.searchPath, LC_ALL: "C", TZ: "UTC" }
	return { file, args, env, cwd: cluster.folder, ...(cluster.user ? { user: cluster.user } : {}) }
}

const run = promisify(execFile)

async function runOnce({ file, args, env, cwd, user }: Command, { setpriv }: Cluster, input = ""): Promise<void> {
	const [program, ...words] = setpriv ? [setpriv, ...setprivOptions(user, "SIGTERM"), file, ...args] : [file, ...args]
	const as = setpriv || !user ? {} : { uid: user.uid, gid: user.gid }
	try {
		const running = run(program ?? file, words, { env, cwd, timeout: 120_000, ...as })
		running.child.stdin?.end(input)
		await running
	} catch (error) {
		const { stderr } = error as { stderr?: string }
		throw new ObservatoryError(
			"internal",
			`PostgreSQL's data folder cannot be prepared: ${stderr?.trim() || messageOf(error)}`,
			{
				advice: `Check ${cwd}: the disk needs free space, and the folder must belong to the user who runs this.`,
				cause: error,
			},
		)
	}
}
