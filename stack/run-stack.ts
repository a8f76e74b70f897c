import { rmSync } from "node:fs"
import { join } from "node:path"
import type { WriteStream } from "node:tty"
import { createPrometheus } from "../core/clients/prometheus.ts"
import { systemClock } from "../core/lib/clock.ts"
import { writeAtomic } from "../core/lib/files.ts"
import { addressesFile, databaseFile } from "../core/lib/local-run.ts"
import { createLogger } from "../core/lib/log.ts"
import { LogOutput } from "../core/lib/log-output.ts"
import { handleRequests } from "./control/handle-requests.ts"
import { clearRequests } from "./control/requests.ts"
import { keepStatusFile } from "./control/status-file.ts"
import type { Options } from "./options.ts"
import { runParts } from "./parts/run.ts"
import { settlePorts } from "./ports.ts"
import { accountUrl, type ProgramRole, programUrl } from "./postgres/account.ts"
import { boundLogs } from "./process/bound-logs.ts"
import { createChildren } from "./process/children.ts"
import { projectRoot } from "./process/node-command.ts"
import { startReaper } from "./process/reaper.ts"
import { acquireRunFile } from "./process/run-file.ts"
import { stopRequested, watchNpm } from "./process/stop-signals.ts"
import { notesFor, shown } from "./screen/notes.ts"
import { presentRun } from "./screen/present.ts"
import { type Display, liveDisplay, plainDisplay } from "./screen/terminal.ts"
import { ensureSecret, type Secret, writeSecret } from "./secrets.ts"
import { authority, LISTEN_VARIABLES, listenText, type Settings, wantsDemo } from "./settings.ts"
import { requestSignInLink, userName } from "./sign-in-link.ts"
import { createStateDir, removeLeftovers, type StateDir } from "./state-dir.ts"
import { createAlertsReport } from "./system/compile-alerts.ts"
import { accountSecrets } from "./system/database.ts"
import { inspectMachine } from "./system/machine.ts"
import { partsOf } from "./system/parts.ts"
import { type Plan, prometheusOf } from "./system/plan.ts"
import { preflight } from "./system/preflight.ts"

export interface StackOptions {
	readonly settings: Settings
	readonly home: StateDir
	readonly options: Extract<Options, { command: "start" }>
	readonly env: NodeJS.ProcessEnv
	readonly out: WriteStream & { readonly fd: number }
}

/** The file that says who runs here. */
export const runFileOf = (home: StateDir) => join(home.run, "runner.json")

/** Runs everything until it is asked to stop; whatever happens, nothing is left running afterwards. */
export async function runStack({ settings, home, options, env, out }: StackOptions): Promise<void> {
	const stop = stopRequested(env.npm_lifecycle_event === undefined ? undefined : watchNpm())
	createStateDir(home)
	const runFile = await acquireRunFile(runFileOf(home), new Date())
	try {
		removeLeftovers(home)
		clearRequests(home.run)
		const plan = await makePlan(settings, home, options, env)
		const warnings = await preflight(plan)
		const reaper = await startReaper(join(home.logs, "reaper.log"))
		try {
			await runUntil(stop, { plan, warnings }, createChildren(reaper, runFile, plan.machine.setpriv), out)
		} finally {
			await reaper.release()
		}
	} finally {
		runFile.release()
	}
}

async function runUntil(
	stop: Promise<unknown>,
	{ plan, warnings }: { readonly plan: Plan; readonly warnings: readonly string[] },
	children: ReturnType<typeof createChildren>,
	out: StackOptions["out"],
): Promise<void> {
	const over = new AbortController()
	const display: Display = out.isTTY ? liveDisplay(out, plan.env.NO_COLOR === undefined) : plainDisplay(lines(out))
	// A terminal or pipe that goes away must not end what runs; a closed terminal says SIGHUP besides.
	out.on("error", () => undefined)
	const alerts = createAlertsReport()
	const parts = runParts(partsOf(plan, alerts), {
		children,
		clock: systemClock,
		logs: plan.home.logs,
		probeEveryMs: 5_000,
		changed: (_, status) => display.changed(status),
	})
	const presented = {
		prometheus: createPrometheus(prometheusOf(plan), 2_000),
		inboxChannels: () => alerts.inboxChannels,
		signInLink: () =>
			requestSignInLink({
				webhook: `http://${authority(plan.settings.WEBHOOK_LISTEN)}`,
				consoleToken: plan.consoleToken.value,
				name: userName(plan.env),
			}),
		notes: (link: string | undefined) => [...warnings.map((warning) => `Warning: ${warning}`), ...notesFor(plan, link)],
	}
	const final = presentRun(display, parts, presented)
	let sentence = "Nothing was left running."
	try {
		boundLogs(plan.home.logs, over.signal)
		keepStatusFile(plan.home.run, parts.statuses, over.signal)
		handleRequests(plan.home.run, parts, createLogger("stack", "warn"), over.signal)
		const started = parts.start()
		await Promise.race([stop, started])
		await stop
		sentence = `Everything has stopped; the data is kept in ${shown(plan.home.root)}.`
	} finally {
		over.abort()
		await parts.stop()
		final(sentence)
	}
}

/** Standard output where it is a file or a pipe: a full disk costs lines and not the run. */
const lines = ({ fd }: { readonly fd: number }) =>
	new LogOutput({ fd, notice: (dropped, reason) => `${dropped} lines could not be written (${reason})\n` })

async function makePlan(
	settings: Settings,
	home: StateDir,
	options: StackOptions["options"],
	env: NodeJS.ProcessEnv,
): Promise<Plan> {
	const addresses = await settlePorts(LISTEN_VARIABLES.map((variable) => settings[variable]))
	const settled: Settings = { ...settings }
	LISTEN_VARIABLES.forEach((variable, i) => {
		settled[variable] = addresses[i] ?? settings[variable]
	})
	const chosen = LISTEN_VARIABLES.map((variable) => [variable, listenText(settled[variable])])
	writeAtomic(addressesFile(home.root), JSON.stringify(Object.fromEntries(chosen)))
	const accounts = accountSecrets(home)
	const databaseUrl = settings.DATABASE_URL ?? accountUrl(settled.POSTGRES_LISTEN, accounts.own.value)
	const demo = options.demo && wantsDemo(settings)
	keepForOthers(home, "DATABASE_URL", settings.DATABASE_URL === undefined ? databaseUrl : undefined)
	const demoUrl = demo ? accountUrl(settled.DEMO_POSTGRES_LISTEN, accounts.demo.value) : undefined
	keepForOthers(home, "SOURCE_DATABASE_URL", demoUrl)
	const urlsOf = (role: ProgramRole) => {
		const own = settings.DATABASE_URL ?? programUrl(settled.POSTGRES_LISTEN, role, accounts[role].value)
		return { own, source: settings.SOURCE_DATABASE_URL ?? demoUrl ?? own }
	}
	return {
		projectRoot,
		home,
		settings: settled,
		machine: inspectMachine(env.PATH ?? ""),
		databaseUrl,
		programUrls: { exporters: urlsOf("exporters"), webhook: urlsOf("webhook") },
		demoUrl,
		webhookToken: givenOrMade(home, "webhook_token", settings.WEBHOOK_TOKEN),
		linkSigningKey: givenOrMade(home, "link_signing_key", settings.LINK_SIGNING_KEY),
		consoleToken: givenOrMade(home, "console_token", settings.CONSOLE_TOKEN),
		prometheusPassword: ensureSecret(home.secrets, "prometheus_password"),
		alertmanagerPassword: ensureSecret(home.secrets, "alertmanager_password"),
		metricsToken: givenOrMade(home, "metrics_token", settings.METRICS_TOKEN),
		otlpToken: givenOrMade(home, "otlp_token", settings.OTLP_TOKEN),
		demo,
		install: options.install,
		env,
	}
}

/** Where a database of our own is, for commands in another terminal; one that was given is theirs to give again. */
function keepForOthers(
	home: StateDir,
	variable: "DATABASE_URL" | "SOURCE_DATABASE_URL",
	url: string | undefined,
): void {
	const file = databaseFile(home.secrets, variable)
	if (url === undefined) rmSync(file, { force: true })
	else writeSecret(file, url)
}

/** Alertmanager, and people, read a token from a file; one that was given in the environment is written there. */
function givenOrMade(home: StateDir, name: string, given: string | undefined): Secret {
	const secret = ensureSecret(home.secrets, name)
	return given === undefined ? secret : { ...secret, value: writeSecret(secret.file, given) }
}
