import { SCORE_METHODS, type ScoreMethod } from "../../../core/catalogue/subjects/anomalies.ts"
import type { Detector, Score } from "./detector.ts"
import { iqr } from "./iqr.ts"
import type { Point } from "./point.ts"
import { zscore } from "./zscore.ts"

/** One detector for each method; the compiler demands one for each method of the catalogue. */
const DETECTORS: Readonly<Record<ScoreMethod, Detector>> = { zscore, iqr }

/** The result of every detector, by method. */
export const scoreAll = (history: readonly Point[], value: number | undefined): Readonly<Record<ScoreMethod, Score>> =>
	Object.fromEntries(SCORE_METHODS.map((method) => [method, DETECTORS[method].score(history, value)])) as Record<
		ScoreMethod,
		Score
	>
