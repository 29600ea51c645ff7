/** All sections one after the other, each told as soon as it is there. */
import { clientGo, clientNode } from './programs.ts';
import { measureDecode } from './decode.ts';
import type { BenchOptions, Section } from './section.ts';
import { measureUpdates } from './updates.ts';
import { weighAll } from './weigh.ts';
import { memorySection, startSection } from './weight-sections.ts';

export const partNames = ['decode', 'weight', 'updates'] as const;
export type PartName = (typeof partNames)[number];

/** Runs these parts. Takes about a quarter of an hour, or three minutes where `isQuick`. */
export async function runSections(
  parts: readonly PartName[],
  options: BenchOptions,
  onSection: (section: Section) => void,
): Promise<Section[]> {
  const sections: Section[] = [];
  const take = (made: readonly Section[]): void => {
    sections.push(...made);
    made.forEach(onSection);
  };
  if (parts.includes('decode')) take([await measureDecode(options)]);
  if (parts.every((one) => one === 'decode')) return sections;
  const go = await clientGo(options.say);
  const informers = go === undefined ? [clientNode] : [clientNode, go];
  if (parts.includes('weight')) {
    const weights = await weighAll(informers, options);
    take([memorySection(weights), startSection(weights)]);
  }
  if (parts.includes('updates')) take(await measureUpdates(informers, options));
  return sections;
}
