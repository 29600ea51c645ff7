/**
 * Bounds of the settings that can be changed from afar, shared by flags and remote settings. Durations in Ms.
 */
import type { Bounds } from './format.ts';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;

/** Less than a second tells everything twice; more than a day hides what still goes on from the next shift. */
export const dedupCooldownBounds: Bounds = { min: SECOND_MS, max: 24 * HOUR_MS };
/** A thousand events stay within the 1 MiB of one delivery. */
export const batchSizeBounds: Bounds = { min: 1, max: 1000 };
/** Less than 10 ms is no batch; more than a minute is no alarm. */
export const batchFlushBounds: Bounds = { min: 10, max: MINUTE_MS };
/** Every start takes some seconds; what lasts for weeks is meant to. */
export const stuckDelayBounds: Bounds = { min: 5 * SECOND_MS, max: 14 * 24 * HOUR_MS };
/** 0 gathers nothing; what is told of one cause within a window can't be more than this anyway. */
export const digestThresholdBounds: Bounds = { min: 0, max: 100_000 };
/** Less than a second gathers little; after ten minutes a storm is history. */
export const digestWindowBounds: Bounds = { min: SECOND_MS, max: 10 * MINUTE_MS };
/** Less than a minute ends before it is read; what is silent for a quarter of a year is meant to be ignored. */
export const silenceMaxBounds: Bounds = { min: MINUTE_MS, max: 90 * 24 * HOUR_MS };
