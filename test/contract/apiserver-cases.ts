/**
 * The contract of an API server, as far as this project relies on one: the cases that the simulated server and a real
 * kube-apiserver must both pass. What one of them does otherwise is a case here, or nobody may rely on it.
 */
import { contextCases } from './apiserver-context-cases.ts';
import type { ContractCase } from './apiserver-contract.ts';
import { listCases } from './apiserver-list-cases.ts';
import { refusalCases } from './apiserver-refusal-cases.ts';
import { watchCases } from './apiserver-watch-cases.ts';
import { writeCases } from './apiserver-write-cases.ts';

export const contractCases: Readonly<Record<string, readonly ContractCase[]>> = {
  lists: listCases,
  watches: watchCases,
  writes: writeCases,
  refusals: refusalCases,
  context: contextCases,
};
