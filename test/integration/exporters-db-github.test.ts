import { afterEach, beforeEach, describe, expect, inject, it } from "vitest"
import { manualClock } from "../../core/lib/clock.ts"
import { explain } from "../../core/lib/errors.ts"
import { silentLogger } from "../../core/lib/log.ts"
import { MetricRegistry } from "../../core/metrics/registry.ts"
import { GithubApi } from "../../exporters/sources/github/api.ts"
import { GithubCollector } from "../../exporters/sources/github/collector.ts"
import { type ContractDatabase, contractDatabase } from "../support/contract-databases.ts"
import { parseSamples } from "../support/exporter.ts"
import { type FakeGithub, type FakeRun, fakeGithub } from "../support/fake-github.ts"

const NAME = "autonomous-analysis"
const START = Date.parse("2026-01-01T10:00:00Z")
const at = (seconds: number) => new Date(START + seconds * 1000).toISOString()

const run = (id: number, over: Partial<FakeRun> = {}): FakeRun => ({
	id,
	name: NAME,
	status: "completed",
	conclusion: "success",
	run_attempt: 1,
	run_started_at: at(0),
	updated_at: at(90),
	job_started_at: at(4),
	...over,
})
const running = (id: number, status: FakeRun["status"] = "in_progress") => run(id, { status, conclusion: null })
const ended = (conclusion: string) => `autonomous_github_runs_total{workflow="${NAME}",conclusion="${conclusion}"}`

describe("workflow runs of GitHub Actions", () => {
	let github: FakeGithub
	let database: ContractDatabase
	const clock = manualClock(START)

	beforeEach(async () => {
		github = await fakeGithub()
		database = await contractDatabase(inject("postgresUrl"))
	})
	afterEach(async () => {
		await github.close()
		await database.close()
	})

	function exporter(token: string | undefined = "secret") {
		const telemetry = new MetricRegistry({ clock })
		const repository = "acme/agents"
		const api = new GithubApi({ repository, token, apiUrl: github.url, clock })
		const collector = new GithubCollector({
			api,
			own: database.pool,
			repository,
			clock,
			log: silentLogger,
			intervalMs: 60_000,
			zeroHoldMs: 0,
		})
		telemetry.collect(collector)
		const collect = async () => {
			await telemetry.runOnce()
			return parseSamples(await telemetry.expose("health"))
		}
		return { collector, collect }
	}
	const succeeded = (samples: ReadonlyMap<string, number>) =>
		samples.get('observatory_collector_success{collector="github"}')

	it("are counted when they end, with how long they took and how long they waited", async () => {
		github.runs.push(run(1), running(2), running(3, "queued"), running(4, "waiting"))
		const { collector, collect } = exporter()
		let samples = await collect()
		expect(samples.get(ended("success"))).toBe(1)
		expect(samples.get('autonomous_github_runs_active{status="in_progress"}')).toBe(1)
		expect(samples.get('autonomous_github_runs_active{status="queued"}')).toBe(1)
		expect(samples.get('autonomous_github_runs_active{status="waiting"}')).toBe(1)
		expect(collector.health()).toBe("healthy")
		Object.assign(github.runs[1] ?? {}, run(2, { conclusion: "failure", updated_at: at(30), job_started_at: at(10) }))
		samples = await collect()
		expect(samples.get(ended("success"))).toBe(1)
		expect(samples.get(ended("failure"))).toBe(1)
		expect(samples.get(`autonomous_github_run_duration_seconds_sum{workflow="${NAME}"}`)).toBe(120)
		expect(samples.get(`autonomous_github_run_queue_seconds_sum{workflow="${NAME}"}`)).toBe(14)
		expect(samples.get('autonomous_github_runs_active{status="in_progress"}')).toBe(0)
	})

	it("are asked for with an ETag: what has not changed is not sent again, and values remain", async () => {
		github.runs.push(run(1))
		const { collect } = exporter()
		await collect()
		github.requests.splice(0)
		const samples = await collect()
		expect(github.requests).toEqual(["304 /repos/acme/agents/actions/runs"])
		expect(samples.get(ended("success"))).toBe(1)
		expect(samples.get("autonomous_github_rate_limit")).toBe(5_000)
		expect(samples.get("autonomous_github_rate_limit_remaining")).toBe(github.remaining)
	})

	it("count once with two exporters and over a restart, and again when they are run again", async () => {
		github.runs.push(run(1), running(2))
		const [a, b] = [exporter(), exporter()]
		await Promise.all([a.collect(), b.collect()])
		github.runs[1] = run(2)
		await Promise.all([a.collect(), b.collect()])
		expect((await exporter().collect()).get(ended("success"))).toBe(2)
		github.runs[0] = run(1, { run_attempt: 2, conclusion: "failure" })
		expect((await b.collect()).get(ended("failure"))).toBe(1)
		expect((await a.collect()).get(ended("failure"))).toBe(1)
	})

	it("that came in hundreds while the exporter was away are all counted, and one that left the newest page is followed", async () => {
		github.runs.push(running(1))
		const { collect } = exporter()
		await collect()
		for (let id = 2; id <= 252; id++) github.runs.push(run(id))
		let samples = await collect()
		expect(samples.get(ended("success"))).toBe(251)
		expect(samples.get('autonomous_github_runs_active{status="in_progress"}')).toBe(1)
		github.runs[0] = run(1, { conclusion: "cancelled" })
		samples = await collect()
		expect(samples.get(ended("cancelled"))).toBe(1)
		expect(samples.get('autonomous_github_runs_active{status="in_progress"}')).toBe(0)
		expect((await collect()).get(ended("cancelled"))).toBe(1)
	})

	it("that were deleted while they ran are dropped", async () => {
		github.runs.push(running(1))
		const { collect } = exporter()
		await collect()
		github.runs.splice(0)
		await collect()
		expect((await collect()).get('autonomous_github_runs_active{status="in_progress"}')).toBe(0)
	})

	it.each([
		["a server error", { status: 502 }, "unhealthy"],
		["a refused token", { status: 401 }, "unhealthy"],
		["an unknown repository", { status: 404 }, "unhealthy"],
		[
			"an exhausted rate limit",
			{
				status: 403,
				headers: {
					"x-ratelimit-limit": "60",
					"x-ratelimit-remaining": "0",
					"x-ratelimit-reset": String(START / 1000 + 600),
				},
			},
			"degraded",
		],
		[
			"a secondary rate limit",
			{ status: 403, headers: { "retry-after": "120" }, message: "You have exceeded a secondary rate limit" },
			"degraded",
		],
	] as const)("behind %s keep what was counted, and nothing is lost", async (_, broken, health) => {
		github.runs.push(run(1))
		const { collector, collect } = exporter()
		await collect()
		github.broken = broken
		const samples = await collect()
		expect(succeeded(samples)).toBe(0)
		expect(samples.get(ended("success"))).toBe(1)
		expect([...samples.keys()].filter((name) => name.startsWith("autonomous_github_runs_active"))).toEqual([])
		const left = broken.status === 403 && "x-ratelimit-limit" in (broken.headers ?? {}) ? 0 : github.remaining
		expect(samples.get("autonomous_github_rate_limit_remaining")).toBe(left)
		expect(collector.health()).toBe(health)
		github.broken = undefined
		github.runs.push(run(2))
		clock.advance(700_000)
		expect((await collect()).get(ended("success"))).toBe(2)
		expect(collector.health()).toBe("healthy")
	})

	it("are not asked for while GitHub wants a pause", async () => {
		const { collect } = exporter()
		github.broken = { status: 429, headers: { "retry-after": "60" } }
		await collect()
		github.broken = undefined
		github.requests.splice(0)
		clock.advance(59_000)
		expect(succeeded(await collect())).toBe(0)
		expect(github.requests).toEqual([])
		clock.advance(1_000)
		expect(succeeded(await collect())).toBe(1)
	})

	it("make the component degraded when half of the latest ones failed", async () => {
		github.runs.push(run(1), run(2, { conclusion: "timed_out" }), run(3, { conclusion: "skipped" }))
		const { collector, collect } = exporter()
		await collect()
		expect(collector.health()).toBe("degraded")
	})

	it("need fewer questions when requests run short", async () => {
		github.runs.push(run(1))
		github.remaining = 900
		const { collect } = exporter()
		const samples = await collect()
		expect(github.requests).toEqual(["/repos/acme/agents/actions/runs"])
		expect(samples.get(ended("success"))).toBe(1)
	})

	it("are all counted in the first turn when GitHub answers slowly, and their waits within bounds in later ones", async () => {
		for (let id = 1; id <= 100; id++) github.runs.push(run(id))
		github.delayMs = 250
		const { collector, collect } = exporter()
		const samples = await collect()
		expect(samples.get(ended("success"))).toBe(100)
		expect(collector.health()).toBe("healthy")
		const waits = `autonomous_github_run_queue_seconds_count{workflow="${NAME}"}`
		expect(samples.get(waits)).toBe(20)
		expect(github.requests).toHaveLength(21)
		github.delayMs = 0
		for (let turn = 2; turn <= 5; turn++) expect((await collect()).get(waits)).toBe(20 * turn)
		github.requests.splice(0)
		await collect()
		expect(github.requests).toEqual(["304 /repos/acme/agents/actions/runs"])
	})

	it("keep what was learned about single ones when GitHub stops to answer", async () => {
		github.runs.push(running(1), ...Array.from({ length: 3 }, (_, i) => run(i + 2)))
		const { collector, collect } = exporter()
		github.jobsLeft = 1
		const samples = await collect()
		expect(samples.get(ended("success"))).toBe(3)
		const waits = `autonomous_github_run_queue_seconds_count{workflow="${NAME}"}`
		expect(samples.get(waits)).toBe(1)
		expect(collector.health()).toBe("degraded")
		github.jobsLeft = Number.POSITIVE_INFINITY
		expect((await collect()).get(waits)).toBe(3)
	})

	it.each([
		["a login page", "<!DOCTYPE html><title>Sign in</title>", "a web page instead of a list of workflow runs"],
		["an answer that was cut off", '{"total_count": 1, "workflow_runs": [{"id"', "cut off"],
		["an empty object", "{}", "JSON that is not one"],
		["a run without a date", '{"total_count":1,"workflow_runs":[{"id":1,"path":"x"}]}', "workflow_runs.0"],
	])("are not read from %s, and the message says what came", async (_, body, message) => {
		github.broken = { status: 200, body }
		const { collector } = exporter()
		await expect(collector.collect(new AbortController().signal)).rejects.toMatchObject({
			code: "source_malformed",
			message: expect.stringContaining(message),
			advice: expect.stringContaining("/api/v3"),
		})
		expect(collector.health()).toBe("unhealthy")
	})

	it("behind a long error page have a short message", async () => {
		github.broken = {
			status: 502,
			headers: { "content-type": "text/html" },
			body: `<html>${"x".repeat(18_000)}</html>`,
		}
		const error = await exporter().collector.collect(new AbortController().signal).catch(explain)
		expect(error).toContain("status 502")
		expect(String(error).length).toBeLessThan(400)
	})

	it("are labelled with their workflow's file, and a file that is no longer seen makes room for another", async () => {
		const named = (id: number, path: string) => run(id, { name: `Release ${id}`, path: `.github/workflows/${path}` })
		for (let id = 1; id <= 60; id++) github.runs.push(named(id, `generated-${id}.yml@main`))
		const { collect } = exporter()
		const count = 'autonomous_github_runs_total{workflow="real",conclusion="success"}'
		expect((await collect()).get('autonomous_github_runs_total{workflow="other",conclusion="success"}')).toBe(10)
		github.runs.splice(0)
		for (let id = 61; id <= 260; id++) github.runs.push(named(id, "real.yaml"))
		clock.advance(25 * 3_600_000)
		const samples = await collect()
		expect(samples.get(count)).toBe(200)
		expect(samples.get('autonomous_github_runs_total{workflow="other",conclusion="success"}')).toBe(10)
		expect([...samples.keys()].filter((key) => key.startsWith("autonomous_github_runs_total"))).toHaveLength(51)
	})

	it("of a long absence are counted as far as they are caught up; the rest is counted as not counted", async () => {
		github.runs.push(run(1), run(2))
		const { collect } = exporter()
		expect((await collect()).get("autonomous_github_runs_uncounted_total")).toBe(0)
		for (let id = 3; id <= 3_002; id++) github.runs.push(run(id))
		github.requests.splice(0)
		const samples = await collect()
		expect(samples.get(ended("success"))).toBe(1_002)
		expect(samples.get("autonomous_github_runs_uncounted_total")).toBe(2_000)
		expect(github.requests.filter((path) => path.endsWith("/runs")).length).toBeLessThan(20)
		expect((await collect()).get("autonomous_github_runs_uncounted_total")).toBe(2_000)
	})

	it("without a token that GitHub knows say what the token needs", async () => {
		const { collector } = exporter("wrong")
		await expect(collector.collect(new AbortController().signal)).rejects.toMatchObject({
			code: "source_rejected",
			advice: expect.stringContaining("GITHUB_TOKEN"),
		})
	})
})
