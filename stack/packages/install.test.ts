import { execFileSync } from "node:child_process"
import { createHash } from "node:crypto"
import {
	chmodSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	writeFileSync,
} from "node:fs"
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import path from "node:path"
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { smallDisk } from "../../test/support/full-disk.ts"
import { download } from "./download.ts"
import { installReleases } from "./install.ts"
import { archiveOf, releaseFolder, releasesOf, shippedReleases } from "./releases.ts"

const content = Buffer.alloc(300_000, "an archive of a server. ")
const sha256 = createHash("sha256").update(content).digest("hex")

let server: Server
let url: string
let folder: string
let respond: (req: IncomingMessage, res: ServerResponse) => void
let ranges: (string | undefined)[]
const progress: string[] = []

beforeAll(async () => {
	server = createServer((req, res) => {
		ranges.push(req.headers.range)
		respond(req, res)
	})
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
	url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})

afterAll(() => {
	server.closeAllConnections()
	server.close()
})

beforeEach(() => {
	folder = mkdtempSync(path.join(tmpdir(), "observatory-download-"))
	ranges = []
	progress.length = 0
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

const whole = (_: IncomingMessage, res: ServerResponse) => void res.end(content)

/** As the makers' servers do. */
function partly(req: IncomingMessage, res: ServerResponse): void {
	const from = Number(/^bytes=(\d+)-$/.exec(req.headers.range ?? "")?.[1] ?? 0)
	if (from >= content.length) return void res.writeHead(416).end()
	const rest = content.subarray(from)
	const headers = from > 0 ? { "content-range": `bytes ${from}-${content.length - 1}/${content.length}` } : {}
	res.writeHead(from > 0 ? 206 : 200, { ...headers, "content-length": rest.length }).end(rest)
}

const get = ({ from = `${url}/server.tar.gz`, file = path.join(folder, "server.tar.gz"), stallMs = 30_000 } = {}) =>
	download(
		{ url: from, sha256, file, title: "Server 1.2.3" },
		{ report: (line) => progress.push(line), signal: AbortSignal.timeout(60_000), stallMs, pauseMs: 1 },
	)

const kept = () => readdirSync(folder)

describe("download", () => {
	it("keeps a file with the right checksum, and does not fetch it again", async () => {
		respond = whole
		await get()
		await get()
		expect(readFileSync(path.join(folder, "server.tar.gz")).equals(content)).toBe(true)
		expect(kept()).toEqual(["server.tar.gz"])
		expect(ranges).toHaveLength(1)
		expect(progress.join()).toMatch(/Server 1\.2\.3: \d+\.\d( of 0\.3)? MB/)
	})

	it("keeps nothing of a file with another checksum", async () => {
		respond = (_, res) => void res.end("something else")
		await expect(get()).rejects.toThrow(/not the file that was expected: its SHA-256 differs/)
		expect(kept()).toEqual([])
	})

	it("follows a redirect", async () => {
		respond = (req, res) =>
			req.url === "/elsewhere" ? whole(req, res) : void res.writeHead(302, { location: "/elsewhere" }).end()
		await get()
		expect(kept()).toEqual(["server.tar.gz"])
	})

	it("names the status of a file that is not there, at once", async () => {
		respond = (_, res) => void res.writeHead(404).end("not found")
		await expect(get()).rejects.toThrow(/server\.tar\.gz answers 404/)
		expect(ranges).toHaveLength(1)
	})

	it("says that no server answers", async () => {
		await expect(get({ from: "http://127.0.0.1:1/server.tar.gz" })).rejects.toThrow(/cannot be fetched/)
	})

	it("continues a connection that breaks off, without asking for what is there", async () => {
		let cut = true
		respond = (req, res) => {
			if (!cut) return partly(req, res)
			cut = false
			res.writeHead(200, { "content-length": content.length })
			res.write(content.subarray(0, 100_000), () => setTimeout(() => res.destroy(), 50))
		}
		await get()
		expect(kept()).toEqual(["server.tar.gz"])
		expect(ranges).toEqual([undefined, expect.stringMatching(/^bytes=[1-9]\d*-$/)])
	})

	it("gives up a connection that sends nothing any more, and continues", async () => {
		let stall = true
		respond = (req, res) => {
			if (!stall) return partly(req, res)
			stall = false
			res.writeHead(200, { "content-length": content.length })
			res.write(content.subarray(0, 50_000))
		}
		await get({ stallMs: 1_000 })
		expect(kept()).toEqual(["server.tar.gz"])
		expect(progress.join()).toContain("nothing arrives")
	})

	it("continues what an earlier run left, or begins again where that was of another file", async () => {
		respond = partly
		writeFileSync(path.join(folder, "server.tar.gz.part"), content.subarray(0, 1_000))
		await get()
		expect(ranges).toEqual(["bytes=1000-"])
		rmSync(path.join(folder, "server.tar.gz"))
		for (const left of [Buffer.alloc(1_000, "x"), Buffer.alloc(content.length + 1, "x")]) {
			writeFileSync(path.join(folder, "server.tar.gz.part"), left)
			await get()
			expect(kept()).toEqual(["server.tar.gz"])
			rmSync(path.join(folder, "server.tar.gz"))
		}
	})

	it("begins again with a server that knows no ranges", async () => {
		respond = whole
		writeFileSync(path.join(folder, "server.tar.gz.part"), content.subarray(0, 1_000))
		await get()
		expect(kept()).toEqual(["server.tar.gz"])
	})

	const disk = smallDisk()
	it.skipIf(disk === undefined)("names a full disk and what to do", async () => {
		respond = whole
		disk?.fill()
		try {
			await expect(get({ file: path.join(disk?.folder ?? "", "server.tar.gz") })).rejects.toMatchObject({
				message: expect.stringContaining("no space for Server 1.2.3"),
				advice: expect.stringContaining("Free about"),
			})
		} finally {
			disk?.remove()
		}
	})
})

describe("the table of releases", () => {
	it("has each program for each platform, from the maker's own site", () => {
		const { releases } = shippedReleases()
		for (const program of ["prometheus", "alertmanager", "grafana"] as const)
			for (const platform of ["linux-x64", "linux-arm64", "darwin-arm64"])
				expect(releases.some((each) => each.program === program && each.platform === platform)).toBe(true)
		for (const { url, version } of releases) {
			expect(new URL(url).hostname).toMatch(/^(github\.com|dl\.grafana\.com)$/)
			expect(url).toContain(version)
		}
	})

	it("never gives a release without a checksum", () => {
		const [first] = shippedReleases().releases
		if (first === undefined) throw new Error("the table is empty")
		const table = {
			asOf: "2026-01-01",
			releases: [
				{ ...first, sha256: null },
				{ ...first, version: "1.0.0", sha256 },
			],
		}
		expect(releasesOf(first.program, first.platform, table).map(({ version }) => version)).toEqual(["1.0.0"])
	})
})

describe("installReleases", () => {
	const signal = AbortSignal.timeout(60_000)

	it("fetches nothing unchecked, unpacks nothing with a wrong checksum, and says why for each program", async () => {
		respond = whole
		const source = { packages: folder, platform: "linux-x64", mirror: `${url}/mirror/` }
		const { installed, failed } = await installReleases(["grafana", "prometheus"], source, () => undefined, signal)
		expect(installed).toEqual([])
		expect(failed.get("grafana")).toContain(`${url}/mirror/grafana-`)
		expect(failed.get("prometheus")).toContain("its SHA-256 differs")
		expect(existsSync(path.join(folder, "releases"))).toBe(false)
		const other = await installReleases(["grafana"], { ...source, platform: "sunos-sparc" }, () => undefined, signal)
		expect(other.failed.get("grafana")).toContain("no release for sunos-sparc has a checksum")
	})

	it("takes archives from a folder, unpacks them, and removes the release that one replaces", async () => {
		const [release] = releasesOf("prometheus", "linux-x64")
		if (release === undefined) throw new Error("no release")
		const made = path.join(folder, "made", "prometheus-x")
		mkdirSync(made, { recursive: true })
		writeFileSync(path.join(made, "prometheus"), "#!/bin/sh\n")
		chmodSync(path.join(made, "prometheus"), 0o755)
		const offline = path.join(folder, "offline")
		mkdirSync(offline)
		const archive = path.join(offline, archiveOf(release))
		execFileSync("tar", ["-czf", archive, "-C", path.join(folder, "made"), "prometheus-x"])
		const packages = path.join(folder, "packages")
		mkdirSync(path.join(packages, "releases", "prometheus-1.0.0"), { recursive: true })
		const table = shippedReleases()
		const known = table.releases.find((each) => each === release)
		const shipped = release.sha256
		if (known) known.sha256 = createHash("sha256").update(readFileSync(archive)).digest("hex")
		try {
			const source = { packages, platform: "linux-x64", folder: offline }
			const { installed } = await installReleases(["prometheus"], source, () => undefined, signal)
			expect(installed).toEqual([`Prometheus ${release.version}`])
			expect(readdirSync(releaseFolder(packages, release))).toEqual(["prometheus"])
			expect(readdirSync(path.join(packages, "releases"))).toEqual([`prometheus-${release.version}`])
			expect(readdirSync(path.join(packages, "downloads"))).toEqual([])
		} finally {
			if (known) known.sha256 = shipped
		}
	})
})
