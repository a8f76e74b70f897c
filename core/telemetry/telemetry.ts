import { Counter, Gauge, type Metric, Registry } from "prom-client"
import { SERIES } from "../catalogue/index.ts"
import {
	collectorDuration,
	collectorLastSuccess,
	collectorSuccess,
	labelValuesFolded,
} from "../catalogue/subjects/observatory.ts"
import type { Group, LabelSpecs, LabelsOf, SeriesSpec } from "../catalogue/types.ts"
import { type Clock, systemClock } from "../lib/clock.ts"
import { messageOf } from "../lib/errors.ts"
import { type Logger, silentLogger } from "../lib/log.ts"
import { within } from "../lib/within.ts"
import { type Collector, CollectorLoop, type RunResult } from "./collector.ts"
import { knownLabelSets, LabelFolder, type Labels, type OnFold } from "./fold.ts"
import { EventHistogram } from "./histogram.ts"
import type { Sample } from "./samples.ts"
import { SnapshotMetric } from "./snapshot.ts"

export interface CounterInstrument<L extends LabelSpecs> {
	/** Adds `by` (1 when not given, never negative). `by` 0 makes the series exist. */
	inc(labels: LabelsOf<L>, by?: number): void
}
export interface GaugeInstrument<L extends LabelSpecs> {
	set(labels: LabelsOf<L>, value: number): void
	remove(labels: LabelsOf<L>): void
}
export interface HistogramInstrument<L extends LabelSpecs> {
	/** `value` in the series' own unit. */
	observe(labels: LabelsOf<L>, value: number): void
}
export interface MergingHistogram<L extends LabelSpecs> extends HistogramInstrument<L> {
	/** Adds many at once: per bucket of the series, not cumulative, and last those above the highest bound. */
	merge(labels: LabelsOf<L>, counts: readonly number[], sum: number): void
}

/** More text for an exposition, from instruments that are not prom-client's. */
export type ExpositionPart = () => Promise<string>

export interface TelemetryOptions {
	readonly clock?: Clock
	readonly log?: Logger
	/** What a single `/metrics` stands for when a service has only one; its own series go there. */
	readonly ownGroup?: Group
}

/**
 * Everything that a process exposes. Instruments exist only for catalogued series, each of them once, so nothing
 * unknown can be exposed and nothing twice.
 */
export class Telemetry {
	readonly #registries = new Map<Group, Registry>()
	readonly #parts = new Map<Group, ExpositionPart[]>()
	readonly #taken = new Set<SeriesSpec>()
	readonly #loops: CollectorLoop[] = []
	/** Counts a label value that was folded before it came here. */
	readonly onFold: OnFold
	readonly #folder: LabelFolder
	readonly #clock: Clock
	readonly #log: Logger
	readonly #ownGroup: Group
	readonly #own = new Map<Group, Record<"success" | "duration" | "lastSuccess", Gauge>>()

	constructor({ clock = systemClock, log = silentLogger, ownGroup = "observatory" }: TelemetryOptions = {}) {
		this.#clock = clock
		this.#log = log
		this.#ownGroup = ownGroup
		const folded = this.#claim(labelValuesFolded, new Counter(promOptions(labelValuesFolded)))
		this.onFold = (series, label) => folded.inc({ series, label })
		this.#folder = new LabelFolder(this.onFold)
	}

	counter<L extends LabelSpecs>(spec: SeriesSpec<L, "counter">): CounterInstrument<L> {
		const metric = this.#claim(spec, new Counter(promOptions(spec)))
		for (const labels of knownLabelSets(spec) ?? []) metric.inc(labels, 0)
		return { inc: (labels, by = 1) => metric.inc({ ...this.#folder.fold(spec, labels) }, by) }
	}

	gauge<L extends LabelSpecs>(spec: SeriesSpec<L, "gauge">): GaugeInstrument<L> {
		const metric = this.#claim(spec, new Gauge(promOptions(spec)))
		// An unlabelled gauge would otherwise start at a 0 that nobody measured.
		metric.reset()
		metric.remove({})
		return {
			set: (labels, value) => metric.set({ ...this.#folder.fold(spec, labels) }, value),
			remove: (labels) => metric.remove({ ...this.#folder.fold(spec, labels) }),
		}
	}

	histogram<L extends LabelSpecs>(spec: SeriesSpec<L, "histogram">): MergingHistogram<L> {
		const metric = this.#claim(spec, new EventHistogram(spec))
		for (const labels of knownLabelSets(spec) ?? []) metric.zero(labels)
		return {
			observe: (labels, value) => metric.observe(this.#folder.fold(spec, labels), value),
			merge: (labels, counts, sum) => metric.merge(this.#folder.fold(spec, labels), counts, sum),
		}
	}

	/** Adds a collector; it runs from `start()` on. */
	collect(collector: Collector): void {
		const metrics = collector.emits.map((spec) => [spec, this.#claim(spec, new SnapshotMetric(spec))] as const)
		const own = this.#ownGauges(collector.group)
		const labels = { collector: collector.name }
		own.success.set(labels, 0)
		own.lastSuccess.set(labels, 0)
		const publish = ({ samples, durationSeconds, finishedAt }: RunResult) => {
			const bySeries = samples && groupBySeries(samples)
			for (const [spec, metric] of metrics) metric.set(bySeries && (bySeries.get(spec) ?? []), this.#folder)
			own.success.set(labels, samples ? 1 : 0)
			own.duration.set(labels, durationSeconds)
			if (samples) own.lastSuccess.set(labels, finishedAt / 1000)
		}
		this.#loops.push(new CollectorLoop(collector, this.#clock, this.#log, publish))
	}

	/** Adds text that comes from elsewhere, such as OpenTelemetry's instruments, for series that it claims. */
	addPart(group: Group, claims: readonly SeriesSpec[], part: ExpositionPart): void {
		for (const spec of claims) this.#take(spec)
		this.#parts.set(group, [...(this.#parts.get(group) ?? []), part])
	}

	/** Labels kept inside a series' declaration, counted where they were not; for parts that make their own text. */
	fold(spec: SeriesSpec, labels: Labels): Labels {
		return this.#folder.fold(spec, labels)
	}

	start(): void {
		for (const loop of this.#loops) loop.start()
	}

	async stop(): Promise<void> {
		await Promise.all(this.#loops.map((loop) => loop.stop()))
	}

	/** Runs every collector once, for tests and one-shot use. */
	async runOnce(): Promise<void> {
		await Promise.all(this.#loops.map((loop) => loop.runOnce()))
	}

	/** One group's series in Prometheus' text format 0.0.4. */
	async expose(group: Group): Promise<string> {
		const texts = [await this.#registry(group).metrics()]
		texts.push(...(await Promise.all((this.#parts.get(group) ?? []).map((part) => this.#partInTime(part)))))
		return texts.filter(Boolean).join("\n")
	}

	/** A part that fails or hangs is left out; a scrape has a deadline of its own. */
	async #partInTime(part: ExpositionPart): Promise<string> {
		try {
			return await within({ ms: PART_TIMEOUT_MS, late: "a part of the exposition hangs" }, part)
		} catch (error) {
			this.#log.error({ error: messageOf(error) }, "a part of the exposition is missing")
			return ""
		}
	}

	/** Every group's series, for a service with a single path. */
	async exposeAll(): Promise<string> {
		const groups = new Set([...this.#registries.keys(), ...this.#parts.keys()])
		return (await Promise.all([...groups].map((group) => this.expose(group)))).join("\n")
	}

	#claim<M extends Counter | Gauge | EventHistogram | SnapshotMetric>(spec: SeriesSpec, metric: M): M {
		this.#take(spec)
		this.#registry(spec.group === "observatory" ? this.#ownGroup : spec.group).registerMetric(metric as Metric)
		return metric
	}

	#take(spec: SeriesSpec): void {
		if (!SERIES.includes(spec)) throw new TypeError(`${spec.name} is not in the catalogue`)
		if (this.#taken.has(spec)) throw new TypeError(`${spec.name} is emitted twice`)
		this.#taken.add(spec)
	}

	#registry(group: Group): Registry {
		const existing = this.#registries.get(group)
		if (existing) return existing
		const made = new Registry()
		this.#registries.set(group, made)
		return made
	}

	/** The collectors' own state stands beside the series it speaks of, hence once a group. */
	#ownGauges(group: Group) {
		const existing = this.#own.get(group)
		if (existing) return existing
		const make = (spec: SeriesSpec) => new Gauge({ ...promOptions(spec), registers: [this.#registry(group)] })
		const made = {
			success: make(collectorSuccess),
			duration: make(collectorDuration),
			lastSuccess: make(collectorLastSuccess),
		}
		this.#own.set(group, made)
		return made
	}
}

const PART_TIMEOUT_MS = 2_000

const promOptions = (spec: SeriesSpec) => ({
	name: spec.name,
	help: spec.help,
	labelNames: Object.keys(spec.labels),
	registers: [] as Registry[],
})

function groupBySeries(samples: readonly Sample[]): Map<SeriesSpec, Sample[]> {
	const groups = new Map<SeriesSpec, Sample[]>()
	for (const sample of samples) {
		const group = groups.get(sample.series)
		if (group) group.push(sample)
		else groups.set(sample.series, [sample])
	}
	return groups
}
