import { isWebAddress } from "../../core/alerts/plain-text.ts"
import { readArguments, usageError } from "../../core/lib/arguments.ts"

export const HELP = `npm run rules -- [options]

Compiles prometheus/alerts.yaml into Prometheus rules with their unit tests and the Alertmanager configuration.
With an error in the file nothing is written.

  --check              fail if the committed output is not what would be written now
  --diff               show what would change, in meaning and in text, and write nothing
  --explain NAME       say what an alert means, how fast it is noticed and where it goes
  --watch              compile again whenever the file changes
  --reload             put the result live in the Prometheus and Alertmanager that read it, or roll it back;
                       for what npm start runs: npm start -- reload

  --lint FILE…         examine plain rules files of Prometheus instead; --lint --help says how

  --file PATH          compile this file instead of prometheus/alerts.yaml
  --channels PATH      channel definitions instead of alertmanager/channels.yaml
  --out DIR            write below DIR (prometheus/rules, alertmanager) instead of here
  --quick              leave out the generated rule tests, which take a few seconds
  --format FORMAT      text, json, or github for annotations

  --webhook-url URL    alert-webhook as Alertmanager reaches it        (http://alert-webhook:9099)
  --console-url URL    the console as people reach it                  (--webhook-url, or http://localhost:9099)
  --grafana-url URL    Grafana as people reach it                      (http://localhost:3000)
  --token-file PATH    bearer token for alert-webhook, as Alertmanager sees it
                                                                       (/run/secrets/webhook_token)
  --secrets-dir DIR    where the channels' secret files are looked for (alertmanager/secrets)
  --secrets-mount DIR  the same directory as Alertmanager sees it      (--secrets-dir, or /etc/alertmanager/secrets)
  --alertmanager-version V   write for this version and later          (0.25)
  --prometheus-url URL, --alertmanager-url URL   for --reload          (PROMETHEUS_URL, ALERTMANAGER_URL)
  --prometheus-pid PID its process, for --reload by SIGHUP: without --web.enable-lifecycle it has no reload over HTTP
  --help

Exit code: 0 fine, 1 the file has errors or the output is stale, 2 wrong usage.
`

export type Format = "text" | "json" | "github"
type Mode = "write" | "check" | "diff" | "explain"

export interface Options {
	readonly mode: Mode
	readonly explain: string | undefined
	readonly watch: boolean
	readonly reload: boolean
	/** Without promtool's run of the rule tests. */
	readonly quick: boolean
	readonly file: string | undefined
	readonly channels: string | undefined
	readonly out: string | undefined
	readonly format: Format
	readonly webhookUrl: string
	readonly consoleUrl: string
	readonly grafanaUrl: string
	readonly tokenFile: string
	readonly secretsDir: string | undefined
	readonly secretsMount: string | undefined
	readonly alertmanagerVersion: string
	readonly prometheusUrl: string | undefined
	readonly alertmanagerUrl: string | undefined
	readonly prometheusPid: number | undefined
}

const flag = { type: "boolean" } as const
const ADVICE = "npm run rules -- --help lists the options."
const text = { type: "string" } as const

/** The command line as options, or "help". @throws ObservatoryError `bad_request` on wrong usage */
export function readOptions(args: readonly string[]): Options | "help" {
	const values = parse(args)
	if (values.help) return "help"
	const modes = (["check", "diff", "explain"] as const).filter(
		(mode) => values[mode] !== undefined && values[mode] !== false,
	)
	if (modes.length > 1) throw usage(`--${modes.join(" and --")} exclude each other`)
	const [mode = "write"] = modes
	const watch = values.watch ?? false
	const reload = values.reload ?? false
	if (mode !== "write" && (watch || reload))
		throw usage(`--${mode} writes nothing, so --${watch ? "watch" : "reload"} has no use with it`)
	const format = values.format ?? "text"
	if (format !== "text" && format !== "json" && format !== "github")
		throw usage(`--format is text, json or github, not ${format}`)
	const version = values["alertmanager-version"] ?? "0.25"
	if (!/^\d+\.\d+(?:\.\d+)?$/.test(version))
		throw usage(`--alertmanager-version is a number such as 0.25, not ${version}`)
	const webhookUrl = address("webhook-url", values["webhook-url"])
	return {
		mode,
		explain: values.explain,
		watch,
		reload,
		quick: values.quick ?? false,
		file: values.file,
		channels: values.channels,
		out: values.out,
		format,
		webhookUrl: webhookUrl ?? "http://alert-webhook:9099",
		consoleUrl: address("console-url", values["console-url"]) ?? webhookUrl ?? "http://localhost:9099",
		grafanaUrl: address("grafana-url", values["grafana-url"]) ?? "http://localhost:3000",
		tokenFile: values["token-file"] ?? "/run/secrets/webhook_token",
		secretsDir: values["secrets-dir"],
		secretsMount: values["secrets-mount"] ?? values["secrets-dir"],
		alertmanagerVersion: version,
		prometheusUrl: address("prometheus-url", values["prometheus-url"]),
		alertmanagerUrl: address("alertmanager-url", values["alertmanager-url"]),
		prometheusPid: processId("prometheus-pid", values["prometheus-pid"]),
	}
}

function processId(option: string, value: string | undefined): number | undefined {
	if (value === undefined || /^[1-9]\d{0,6}$/.test(value)) return value === undefined ? undefined : Number(value)
	throw usage(`--${option} is the number of a process, not ${value}`)
}

const parse = (args: readonly string[]) =>
	readArguments(
		{
			args: [...args],
			options: {
				check: flag,
				diff: flag,
				explain: text,
				watch: flag,
				reload: flag,
				quick: flag,
				file: text,
				channels: text,
				out: text,
				format: text,
				"webhook-url": text,
				"console-url": text,
				"grafana-url": text,
				"token-file": text,
				"secrets-dir": text,
				"secrets-mount": text,
				"alertmanager-version": text,
				"prometheus-url": text,
				"prometheus-pid": text,
				"alertmanager-url": text,
				help: { ...flag, short: "h" },
			},
		},
		ADVICE,
	).values

function address(option: string, value: string | undefined): string | undefined {
	if (value === undefined) return undefined
	if (!isWebAddress(value))
		throw usage(`--${option} is an http:// or https:// address without spaces, quotes and braces, not ${value}`)
	return value.replace(/\/+$/, "")
}

const usage = (message: string) => usageError(message, ADVICE)
