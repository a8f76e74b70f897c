import { readFile } from "node:fs/promises"
import path from "node:path"
import { z } from "zod"
import { cleanLabelValue } from "../../../core/metrics/labels.ts"
import type { AgentNames } from "./files.ts"

const metaSchema = z.object({
	agentType: z.string().min(1).nullish().catch(undefined),
	/** Absent where the main conversation started it. */
	parentAgentId: z.string().min(1).max(200).nullish().catch(undefined),
})

/** Names of subagents' files that are remembered. */
const MOST_REMEMBERED = 10_000

/**
 * Finds who a subagent's transcript belongs to: `agent-ID.meta.json`, beside `agent-ID.jsonl`, says its name and which
 * agent started it. Older versions of Claude Code write no such file.
 */
export class AgentFiles {
	readonly #known = new Map<string, AgentNames>()

	/** @param transcript path of the subagent's file */
	async namesOf(transcript: string): Promise<AgentNames> {
		const known = this.#known.get(transcript)
		if (known) return known
		const meta = await readMeta(transcript)
		if (meta === undefined) return {}
		const { agentType, parentAgentId } = meta
		const above = parentAgentId && /^[\w-]+$/.test(parentAgentId) ? parentAgentId : undefined
		const parent = above && (await readMeta(path.join(path.dirname(transcript), `agent-${above}.jsonl`)))?.agentType
		const names = {
			...(agentType ? { agent: cleanLabelValue(agentType) } : {}),
			...(parent ? { parent: cleanLabelValue(parent) } : {}),
		}
		if (this.#known.size >= MOST_REMEMBERED) this.#known.clear()
		this.#known.set(transcript, names)
		return names
	}
}

async function readMeta(transcript: string): Promise<z.output<typeof metaSchema> | undefined> {
	try {
		const text = await readFile(transcript.replace(/\.jsonl$/, ".meta.json"), "utf8")
		return metaSchema.safeParse(JSON.parse(text)).data
	} catch {
		return undefined
	}
}
