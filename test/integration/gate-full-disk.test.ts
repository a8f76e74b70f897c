import { existsSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import pg from "pg"
import { describe, expect, inject, it, onTestFinished } from "vitest"
import { askHook } from "../../alert-webhook/workflows/gate/ask-hook.ts"
import { hookCommand } from "../../alert-webhook/workflows/gate/command.ts"
import { hookScript } from "../../alert-webhook/workflows/gate/hook-script.ts"
import { smallDisk } from "../support/full-disk.ts"
import { eventually } from "../support/process.ts"
import { migratedDatabase } from "../support/template-database.ts"
import { startTestWebhook, type TestWebhook } from "../support/webhook.ts"

const hookAt = (flag: string) =>
	askHook(hookCommand({ node: process.execPath, script: hookScript(), flag, maxAgeMs: 60_000 }))
const stopOf = (webhook: TestWebhook) => webhook.requestChange("stop", "the disk is full")
const stateOf = async (webhook: TestWebhook) => (await (await webhook.api("/api/control")).json()) as { state: string }

/** Makes a database refuse every write from now on, or accept them again; reads continue. */
async function setReadOnly(databaseUrl: string, readOnly: boolean): Promise<void> {
	const admin = new pg.Client(inject("postgresUrl"))
	await admin.connect()
	const name = new URL(databaseUrl).pathname.slice(1)
	await admin.query(`alter database ${name} set default_transaction_read_only = ${readOnly ? "on" : "off"}`)
	await admin.query("select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", [name])
	await admin.end()
}

const disk = smallDisk()
const frozen = smallDisk()
/** The time within which a stop has to hold, in milliseconds. */
const HOLDS_WITHIN_MS = 2_000

describe("an emergency stop", () => {
	it.skipIf(frozen === undefined)("holds within 2 s on a read-only disk, which keeps the flag as it was", async () => {
		if (frozen === undefined) return
		onTestFinished(() => frozen.remove())
		const flag = path.join(frozen.folder, "gate.json")
		const webhook = await startTestWebhook(await migratedDatabase(inject("postgresUrl")), {
			env: { GATE_FLAG_FILE: flag },
		})
		try {
			await eventually(
				() => hookAt(flag),
				(answer) => answer === "permits",
			)
			frozen.freeze()
			expect(await hookAt(flag)).toBe("permits")
			await stopOf(webhook)
			const pressed = performance.now()
			await eventually(
				() => hookAt(flag),
				(answer) => answer === "ends",
			)
			expect(performance.now() - pressed).toBeLessThan(HOLDS_WITHIN_MS)
		} finally {
			await webhook.stop()
		}
	})

	it.skipIf(disk === undefined)(
		"holds at once while the flag's disk is full, and is written once there is space",
		async () => {
			if (disk === undefined) return
			onTestFinished(() => disk.remove())
			const flag = path.join(disk.folder, "gate.json")
			const env = { GATE_FLAG_FILE: flag }
			const webhook = await startTestWebhook(await migratedDatabase(inject("postgresUrl")), { env })
			try {
				await eventually(
					() => hookAt(flag),
					(answer) => answer === "permits",
				)
				// A flag that is being replaced gives its own space back.
				for (let i = 0; i < 3; i++) {
					disk.fill()
					await sleep(700)
				}
				expect(await hookAt(flag)).toBe("permits")
				expect((await stopOf(webhook)).status).toBe(200)
				// The old flag is removed first, and may leave just the space that the new one needs.
				expect(["denies", "ends"]).toContain(await hookAt(flag))
				disk.free()
				await eventually(() => existsSync(flag))
				expect(await hookAt(flag)).toBe("ends")
			} finally {
				await webhook.stop()
			}
		},
	)

	it("holds at once while the database cannot save it, and is saved with its reason as soon as it can", async () => {
		const databaseUrl = await migratedDatabase(inject("postgresUrl"))
		const webhook = await startTestWebhook(databaseUrl)
		const flag = path.join(webhook.home, "run", "gate.json")
		try {
			await eventually(
				() => hookAt(flag),
				(answer) => answer === "permits",
			)
			await setReadOnly(databaseUrl, true)
			await eventually(
				() => stateOf(webhook),
				({ state }) => state === "run",
			)
			const answer = await stopOf(webhook)
			expect(answer.status).toBe(503)
			expect(await answer.text()).toContain("The stop is active and the gate of this host is closed, but the database")
			expect(await hookAt(flag)).toBe("ends")
			expect((await stateOf(webhook)).state).toBe("stop")

			await setReadOnly(databaseUrl, false)
			const saved = new pg.Client(databaseUrl)
			await saved.connect()
			await eventually(async () => (await saved.query("select from observatory.control where state = 'stop'")).rowCount)
			const audit = await saved.query(
				"select details->>'reason' as reason from observatory.audit_logs where action = 'control.stop'",
			)
			await saved.end()
			expect(audit.rows).toEqual([{ reason: "the disk is full" }])
			await webhook.change("release")
			await eventually(
				() => hookAt(flag),
				(answer) => answer === "permits",
			)
		} finally {
			await webhook.stop()
		}
	})

	it("survives a restart of the webhook that comes before the database can save it", async () => {
		const databaseUrl = await migratedDatabase(inject("postgresUrl"))
		const folder = mkdtempSync(path.join(tmpdir(), "observatory-gate-"))
		onTestFinished(() => rmSync(folder, { recursive: true }))
		const flag = path.join(folder, "gate.json")
		const first = await startTestWebhook(databaseUrl, { env: { GATE_FLAG_FILE: flag } })
		await setReadOnly(databaseUrl, true)
		expect((await stopOf(first)).status).toBe(503)
		await first.stop()
		await setReadOnly(databaseUrl, false)
		const second = await startTestWebhook(databaseUrl, { env: { GATE_FLAG_FILE: flag } })
		try {
			expect((await stateOf(second)).state).toBe("stop")
			expect(await hookAt(flag)).toBe("ends")
		} finally {
			await second.stop()
		}
	})
})
