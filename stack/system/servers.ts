import { existsSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { basic, SERVER_USER } from "../../core/clients/endpoint.ts"
import { type Found, locate, missing, unpackedInto } from "../packages/programs.ts"
import { PROGRAMS, type Program } from "../packages/releases.ts"
import type { Missing, Service } from "../parts/part.ts"
import { probeHttp } from "../probe.ts"
import type { Command } from "../process/children.ts"
import { authority, listenText } from "../settings.ts"
import { channelSecrets } from "./compile-alerts.ts"
import { type Plan, serverEnv, urlsOf } from "./plan.ts"
import { serverUser } from "./server-user.ts"

const RETENTION = "30d"

/** Fits no origin: no page of another site may read answers. */
const NO_ORIGIN = "^$"

/** Prometheus, with its data in `.observatory/prometheus`. */
export function prometheusPart(plan: Plan): Service {
	const { home, settings } = plan
	const url = `http://${authority(settings.PROMETHEUS_LISTEN)}`
	return {
		kind: "service",
		name: "prometheus",
		title: "Prometheus",
		address: urlsOf(settings).prometheus,
		needs: ["configuration"],
		// Before its targets are up it only sees them missing.
		after: [...(plan.install ? ["packages"] : []), "past", "exporters", "webhook"],
		prepare: async () =>
			located(plan, "prometheus", ({ file, origin }) => {
				const args = [
					`--config.file=${join(home.prometheus, "prometheus.yml")}`,
					`--storage.tsdb.path=${join(home.prometheus, "data")}`,
					`--storage.tsdb.retention.time=${RETENTION}`,
					`--web.listen-address=${listenText(settings.PROMETHEUS_LISTEN)}`,
					`--web.config.file=${join(home.prometheus, "web.yml")}`,
					`--web.cors.origin=${NO_ORIGIN}`,
					...reachedAt(urlsOf(settings).prometheus),
				]
				if (origin === "debian")
					args.push(`--web.local-assets=${join(unpackedInto(home.packages), "usr/share/prometheus/web/")}`)
				const user = serverUser(plan, "prometheus", [file])
				return { file, args, env: serverEnv(plan), cwd: home.prometheus, ...(user ? { user } : {}) }
			}),
		ports: [settings.PROMETHEUS_LISTEN.port],
		probe: (signal) => probeHttp(`${url}/-/ready`, signal, basic(SERVER_USER, plan.prometheusPassword.value)),
		readyWithinMs: 120_000,
		stopSignal: "SIGTERM",
		stopWithinMs: 15_000,
	}
}

/** A single Alertmanager, without the second port of a cluster. */
export function alertmanagerPart(plan: Plan): Service {
	const { home, settings } = plan
	const url = `http://${authority(settings.ALERTMANAGER_LISTEN)}`
	const share = join(unpackedInto(home.packages), "usr/share/prometheus")
	return {
		kind: "service",
		name: "alertmanager",
		title: "Alertmanager",
		address: urlsOf(settings).alertmanager,
		needs: ["configuration"],
		after: plan.install ? ["packages"] : [],
		prepare: async () =>
			located(plan, "alertmanager", ({ file, origin }) => {
				const args = [
					`--config.file=${join(home.alertmanager, "alertmanager.yml")}`,
					`--storage.path=${join(home.alertmanager, "data")}`,
					`--web.listen-address=${listenText(settings.ALERTMANAGER_LISTEN)}`,
					`--web.config.file=${join(home.alertmanager, "web.yml")}`,
					"--cluster.listen-address=",
					...reachedAt(urlsOf(settings).alertmanager),
				]
				// Debian's package has no built web interface, only a page that explains this.
				if (origin === "debian") args.push(`--web.ui-path=${join(share, "alertmanager/no-ui")}`)
				const secrets = channelSecrets(plan.projectRoot)
				const user = serverUser(plan, "alertmanager", [file, ...secretsIn(secrets)])
				const cwd = origin === "debian" ? share : home.alertmanager
				return { file, args, env: serverEnv(plan), cwd, ...(user ? { user } : {}) }
			}),
		ports: [settings.ALERTMANAGER_LISTEN.port],
		probe: (signal) => probeHttp(`${url}/-/ready`, signal, basic(SERVER_USER, plan.alertmanagerPassword.value)),
		readyWithinMs: 60_000,
		stopSignal: "SIGTERM",
		stopWithinMs: 10_000,
	}
}

/** The files in a folder, which may not exist. */
const secretsIn = (folder: string): string[] =>
	existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : []

/** Without it, links in alerts use the host name, where nothing listens. A path in the URL belongs to a proxy. */
const reachedAt = (url: string): string[] => [`--web.external-url=${url}`, "--web.route-prefix=/"]

/** The command of an available program, or how to install it. Searched again at each start. */
export function located(plan: Plan, program: Program, run: (found: Found) => Command): Command | Missing {
	const found = locate(program, plan.machine.searchPath, plan.home.packages)
	return found ? run(found) : missing(program)
}

/** The missing programs. */
export const notHere = ({ machine, home }: Plan): readonly Program[] =>
	PROGRAMS.filter((program) => locate(program, machine.searchPath, home.packages) === undefined)
