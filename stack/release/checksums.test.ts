import { describe, expect, it } from "vitest"
import type { Release } from "../packages/releases.ts"
import { compareChecksums } from "./checksums.ts"

const sum = (digit: string) => digit.repeat(64)
const prometheus: Release = {
	program: "prometheus",
	version: "1.2.3",
	platform: "linux-x64",
	url: "https://maker.example/v1.2.3/prometheus-1.2.3.linux-amd64.tar.gz",
	sha256: null,
}
const grafana: Release = {
	...prometheus,
	program: "grafana",
	url: "https://other.example/grafana-1.2.3.linux-amd64.tar.gz",
	sha256: sum("b"),
}
const texts: Record<string, string> = {
	"https://maker.example/v1.2.3/sha256sums.txt": `${sum("c")}  prometheus-1.2.3.linux-arm64.tar.gz\n${sum("a")}  prometheus-1.2.3.linux-amd64.tar.gz\n`,
	"https://other.example/grafana-1.2.3.linux-amd64.tar.gz.sha256": `${sum("b")}\n`,
}
const read = async (url: string) => {
	const text = texts[url]
	if (text === undefined) throw new Error("404")
	return text
}
const compare = (releases: Release[]) => compareChecksums({ asOf: "2026-01-01", releases }, read, "2026-02-02")

describe("compareChecksums", () => {
	it("fills in what the makers say, and dates the table", async () => {
		const { table, differing, missing } = await compare([prometheus, grafana])
		expect(table.releases.map(({ sha256 }) => sha256)).toEqual([sum("a"), sum("b")])
		expect(table.asOf).toBe("2026-02-02")
		expect([differing, missing]).toEqual([[], []])
	})

	it("reports a checksum that differs and keeps it", async () => {
		const { table, differing } = await compare([{ ...prometheus, sha256: sum("d") }])
		expect(differing).toEqual([expect.stringContaining(`its maker says ${sum("a")}`)])
		expect(table).toEqual({ asOf: "2026-01-01", releases: [{ ...prometheus, sha256: sum("d") }] })
	})

	it("leaves open what no maker answers", async () => {
		const unknown = { ...prometheus, url: "https://maker.example/v9/prometheus-9.linux-amd64.tar.gz" }
		const { table, missing } = await compare([unknown])
		expect(missing).toEqual(["prometheus-9.linux-amd64.tar.gz: 404"])
		expect(table.releases[0]?.sha256).toBeNull()
	})
})
