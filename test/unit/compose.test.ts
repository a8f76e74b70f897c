import { execFileSync } from "node:child_process"
import {
	copyFileSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { describe, expect, it, onTestFinished } from "vitest"
import { parse } from "yaml"
import { WEBHOOK_FLAGS } from "../../stack/system/programs.ts"

const root = path.resolve(import.meta.dirname, "../..")
const text = (file: string) => readFileSync(path.join(root, file), "utf8")

interface Service {
	readonly image?: string
	readonly user?: string
	readonly command?: readonly string[]
	readonly environment?: Readonly<Record<string, string>>
	readonly secrets?: readonly string[]
	readonly volumes?: readonly string[]
	readonly ports?: readonly string[]
	readonly mem_limit?: string
	readonly restart?: string
	readonly healthcheck?: { readonly test?: readonly string[]; readonly disable?: boolean }
	readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>
	readonly security_opt?: readonly string[]
}
interface Compose {
	readonly services: Readonly<Record<string, Service>>
	readonly volumes: Readonly<Record<string, unknown>>
	readonly secrets: Readonly<Record<string, { readonly file: string }>>
}

const compose: Compose = parse(text("docker-compose.yml"), { merge: true })
const services = Object.entries(compose.services)
const prometheus = parse(text("prometheus/prometheus.yml"))
/** A service that does one thing and ends has nothing to be asked for its health. */
const isJob = (name: string) =>
	services.some(([, { depends_on }]) => depends_on?.[name]?.condition === "service_completed_successfully")
const lasting = services.filter(([name]) => !isJob(name))
const valuesOf = ({ environment }: Service) => Object.entries(environment ?? {})

function sourcesOf(folder: string): string {
	return readdirSync(path.join(root, folder), { recursive: true, encoding: "utf8" })
		.filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))
		.map((file) => text(path.join(folder, file)))
		.join("\n")
}

describe("docker-compose.yml", () => {
	it("has the parts of a local run", () => {
		expect(lasting.map(([name]) => name).sort()).toEqual([
			"alert-webhook",
			"alertmanager",
			"exporters",
			"grafana",
			"postgres",
			"prometheus",
		])
	})

	it("pins every image to a version", () => {
		for (const [name, { image = "" }] of services) expect(image, name).toMatch(/:v?\d+\.\d+(\.\d+)?(-\w+)?$/)
		for (const [, image = ""] of text("Dockerfile").matchAll(/^FROM (\S+)/gm))
			expect(image).toMatch(/^node:\d+\.\d+\.\d+-bookworm-slim$/)
		expect(compose.services.exporters?.image?.split(":")[1]).toBe(JSON.parse(text("package.json")).version)
	})

	it("keeps the versions that the project promises", () => {
		const major = (service: string) => compose.services[service]?.image?.split(":")[1]
		expect(major("postgres")).toMatch(/^17\./)
		expect(major("prometheus")).toMatch(/^v3\.13\./)
		expect(major("alertmanager")).toMatch(/^v0\.(2[89]|[3-9]\d)\./)
		expect(major("grafana")).toMatch(/^13\.2\./)
	})

	it.each(services)("mounts for %s only files that are there", (_, { volumes = [] }) => {
		for (const volume of volumes) {
			const [source = "", , mode] = volume.split(":")
			if (!source.startsWith("./")) expect(compose.volumes).toHaveProperty(source)
			else {
				// The folder of secrets is made by the script that makes them.
				if (source !== "./alertmanager/secrets") expect(existsSync(path.join(root, source)), source).toBe(true)
				expect(mode, `${source} is mounted to be read`).toBe("ro")
			}
		}
	})

	it("mounts secrets that stack/compose/make-secrets.sh makes, and none besides", () => {
		const script = text("stack/compose/make-secrets.sh")
		const made = [...script.matchAll(/^make "\$folder\/([\w-]+)"/gm)].map(
			([, name]) => `./.observatory/compose/${name}`,
		)
		const declared = Object.values(compose.secrets).map(({ file }) => file)
		expect(declared.sort()).toEqual(made.sort())
		const used = services.flatMap(([, { secrets = [] }]) => secrets)
		expect([...new Set(used)].sort()).toEqual(Object.keys(compose.secrets).sort())
	})

	it("signs links with a key that no other program sees, in a folder that is closed to other users", () => {
		const users = services.filter(([, { secrets = [] }]) => secrets.includes("link_signing_key")).map(([name]) => name)
		expect(users).toEqual(["alert-webhook"])
		expect(compose.services["alert-webhook"]?.environment?.LINK_SIGNING_KEY_FILE).toBe("/run/secrets/link_signing_key")
		for (const { file } of Object.values(compose.secrets)) expect(file).toMatch(/^\.\/\.observatory\/compose\//)
		expect(text("stack/compose/make-secrets.sh")).toContain('chmod 700 "$folder"')
	})

	it.each(services)("gives %s its secrets as files that are mounted, never as values", (_, service) => {
		for (const [name, value] of valuesOf(service)) {
			if (/(PASSWORD|TOKEN|SECRET|DATABASE_URL)/.test(name)) expect(name).toMatch(/_FILE$/)
			const file = /^\/run\/secrets\/(?<name>.+)$/.exec(value)?.groups?.name
			if (file !== undefined) expect(service.secrets).toContain(file)
		}
	})

	it.each([
		["exporters", ["exporters", "core"]],
		["alert-webhook", ["alert-webhook", "core"]],
	])("sets for %s only variables that its code reads", (name, folders) => {
		const sources = folders.map(sourcesOf).join("\n")
		const service = compose.services[name]
		expect(service).toBeDefined()
		for (const [variable] of service ? valuesOf(service) : []) {
			const read = variable.replace(/_FILE$/, "")
			expect(sources, `${name} reads ${read}`).toMatch(new RegExp(`\\b${read}: `))
		}
	})

	it("sets for Grafana every variable that its provisioning refers to", () => {
		const files = readdirSync(path.join(root, "grafana/provisioning"), { recursive: true, encoding: "utf8" })
			.filter((file) => /\.ya?ml$/.test(file))
			.map((file) => text(path.join("grafana/provisioning", file)))
		const wanted = files.flatMap((file) => [...file.matchAll(/\$\{(\w+)\}/g)].map(([, name]) => name ?? ""))
		const given = Object.keys(compose.services.grafana?.environment ?? {}).map((name) => name.replace(/__FILE$/, ""))
		expect(wanted.length).toBeGreaterThan(5)
		expect(given).toEqual(expect.arrayContaining(wanted))
	})

	it("has Prometheus scrape ports that the services listen on, and send alerts to Alertmanager", () => {
		const targets: string[] = prometheus.scrape_configs.flatMap((job: { static_configs: { targets: string[] }[] }) =>
			job.static_configs.flatMap((config) => config.targets),
		)
		const alertmanagers: string[] = prometheus.alerting.alertmanagers[0].static_configs[0].targets
		for (const target of [...targets, ...alertmanagers]) {
			const [host = "", port] = target.split(":")
			const service = compose.services[host === "127.0.0.1" ? "prometheus" : host]
			const inside = service?.ports?.map((published) => published.split(":").at(-1))
			expect(inside, target).toContain(port)
		}
	})

	it.each([
		["exporters", "EXPORTERS_LISTEN", "9464"],
		["exporters", "OTLP_LISTEN", "4318"],
		["exporters", "OTLP_GRPC_LISTEN", "4317"],
		["alert-webhook", "WEBHOOK_LISTEN", "9099"],
	])("has %s listen (%s) on the port %s that is published", (name, variable, port) => {
		const service = compose.services[name]
		expect(service?.environment?.[variable]).toBe(`0.0.0.0:${port}`)
		expect(service?.ports?.some((published) => published.endsWith(`:${port}`))).toBe(true)
	})

	it("has Alertmanager read the token where its configuration looks for it", () => {
		const configuration = text("alertmanager/alertmanager.yml")
		const files = [...configuration.matchAll(/credentials_file: (\S+)/g)].map(([, file]) => file)
		expect(new Set(files)).toEqual(new Set(["/run/secrets/webhook_token"]))
		expect(compose.services.alertmanager?.secrets).toContain("webhook_token")
		expect(compose.services.alertmanager?.volumes).toContain("./alertmanager/secrets:/etc/alertmanager/secrets:ro")
		const urls = [...configuration.matchAll(/url: (\S+)/g)].map(([, url]) => new URL(url ?? "").host)
		expect(new Set(urls)).toEqual(new Set(["alert-webhook:9099"]))
	})

	it.each(services)("publishes for %s on loopback only", (_, { ports = [] }) => {
		for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:\$\{\w+_PORT:-\d+\}:\d+$/)
	})

	it.each(services)(
		"runs %s as an ordinary user without privileges, within its memory, and again when it fails",
		(_, service) => {
			expect(service.user).toMatch(/^(?!root$|0$).+/)
			expect(service.security_opt).toContain("no-new-privileges:true")
			expect(service.mem_limit).toMatch(/^\d+[mg]$/)
			expect(service.restart).toMatch(/^(unless-stopped|on-failure:\d+)$/)
		},
	)

	it.each(lasting)("asks %s for its health with a program that its image has", (name, { healthcheck }) => {
		const [kind, words = ""] = healthcheck?.test ?? []
		expect(kind).toMatch(/^CMD(-SHELL)?$/)
		const [program] = words.split(" ")
		const programs: Readonly<Record<string, string>> = {
			// Of the shell.
			prometheus: "printf",
			alertmanager: "printf",
			postgres: "pg_isready",
			exporters: "node",
			"alert-webhook": "node",
		}
		expect(program).toBe(programs[name] ?? "wget")
	})

	it("runs programs that the build makes and the image holds", () => {
		const dockerfile = text("Dockerfile")
		const built: string[] = JSON.parse(text("tsconfig.build.json")).include
		const programs = services.flatMap(([, { command = [], healthcheck }]) => [...command, ...(healthcheck?.test ?? [])])
		const run = [...programs, ...(dockerfile.match(/dist\/[\w/-]+\.js/g) ?? [])].filter((word) =>
			word.startsWith("dist/"),
		)
		expect(run.length).toBeGreaterThan(4)
		for (const program of run) {
			const source = program.replace(/^dist\//, "").replace(/\.js$/, ".ts")
			expect(existsSync(path.join(root, source)), source).toBe(true)
			expect(
				built.some((folder) => source.startsWith(`${folder}/`)),
				source,
			).toBe(true)
		}
	})

	it("gives each program the database by a role of its own, and the owner's only to what migrates it", () => {
		const holders = (secret: string) =>
			services.filter(([, { secrets = [] }]) => secrets.includes(secret)).map(([name]) => name)
		expect(holders("database_url")).toEqual(["migrate"])
		expect(holders("exporters_database_url")).toEqual(["exporters"])
		expect(holders("webhook_database_url")).toEqual(["alert-webhook"])
		expect(compose.services.exporters?.environment?.DATABASE_URL_FILE).toBe("/run/secrets/exporters_database_url")
		expect(compose.services["alert-webhook"]?.environment?.DATABASE_URL_FILE).toBe("/run/secrets/webhook_database_url")
		expect(compose.services["program-roles"]?.depends_on).toHaveProperty("migrate")
		for (const name of ["exporters", "alert-webhook"])
			expect(compose.services[name]?.depends_on, name).toHaveProperty("program-roles")
	})

	it("takes the owner out of what the programs monitor, where an earlier release put it, and keeps a real system", () => {
		const folder = mkdtempSync(path.join(tmpdir(), "observatory-secrets-"))
		onTestFinished(() => rmSync(folder, { recursive: true }))
		mkdirSync(path.join(folder, "stack/compose"), { recursive: true })
		copyFileSync(path.join(root, "stack/compose/make-secrets.sh"), path.join(folder, "stack/compose/make-secrets.sh"))
		const made = (name: string) => path.join(folder, ".observatory/compose", name)
		const make = () => execFileSync("sh", [path.join(folder, "stack/compose/make-secrets.sh")])
		const source = () => readFileSync(made("source_database_url"), "utf8")
		make()
		expect(source()).toBe("")
		rmSync(made("source_database_url"))
		copyFileSync(made("database_url"), made("source_database_url"))
		make()
		expect(source()).toBe("")
		rmSync(made("source_database_url"))
		writeFileSync(made("source_database_url"), "postgres://real/system")
		make()
		expect(source()).toBe("postgres://real/system")
	})

	it.each(["init-database.sh", "grafana-reader.sh", "program-roles.sh"])(
		"gives psql no secret as an argument in %s",
		(name) => {
			const script = text(`stack/compose/${name}`)
			const [commands = ""] = script.split("<<'SQL'")
			expect(commands).toContain("psql")
			expect(commands.slice(commands.indexOf("psql "))).not.toMatch(/password|secret/i)
			expect(script).toMatch(/^\\set password `cat \/run\/secrets\/\w+`$/m)
		},
	)

	it("runs alert-webhook with the flags that it is run with elsewhere", () => {
		const [, webhook] = services.find(([name]) => name === "alert-webhook") ?? []
		expect(webhook?.command?.slice(0, -1)).toEqual(["node", ...WEBHOOK_FLAGS])
	})

	it("copies into the image only what the build context holds", () => {
		const dockerfile = text("Dockerfile")
		const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, sources]) =>
			(sources ?? "").split(" "),
		)
		const allowed = text(".dockerignore")
			.split("\n")
			.filter((line) => line.startsWith("!"))
			.map((line) => line.slice(1))
		for (const source of copied) {
			expect(existsSync(path.join(root, source)), source).toBe(true)
			expect(
				allowed.some((entry) => source === entry || source.startsWith(`${entry}/`)),
				source,
			).toBe(true)
		}
	})
})
