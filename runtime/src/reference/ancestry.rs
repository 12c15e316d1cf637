//! Which steps lie upstream of which, for many questions at once.

use std::collections::BTreeMap;

use engine::StepIndex;
use engine::graph::Graph;

/// Answers for each `(step, source)` whether `source` lies upstream of `step`, directly or not.
///
/// A step that the graph does not know has nothing upstream. Sources are carried down the graph 64 at a time, one bit each, so that a definition of 5,000
/// steps in which everyone refers to someone takes some 80 walks and not 5,000.
pub(super) fn upstream(graph: &Graph, questions: &[(StepIndex, StepIndex)]) -> Vec<bool> {
    let mut by_source: BTreeMap<StepIndex, Vec<usize>> = BTreeMap::new();
    for (place, (_, source)) in questions.iter().enumerate() {
        by_source.entry(*source).or_default().push(place);
    }
    let mut answers = vec![false; questions.len()];
    let groups: Vec<_> = by_source.into_iter().collect();
    for group in groups.chunks(64) {
        let reached = carry(graph, group.iter().map(|(source, _)| *source));
        for (bit, (source, places)) in group.iter().enumerate() {
            for &place in places {
                let (step, _) = questions[place];
                let bits = reached.get(step).copied().unwrap_or_default();
                answers[place] = step != *source && bits & (1 << bit) != 0;
            }
        }
    }
    answers
}

/// For each step the sources above it and itself, as bits.
fn carry(graph: &Graph, sources: impl Iterator<Item = StepIndex>) -> Vec<u64> {
    let mut reached = vec![0_u64; graph.order().len()];
    for (bit, source) in sources.enumerate() {
        if let Some(bits) = reached.get_mut(source) {
            *bits |= 1 << bit;
        }
    }
    for &step in graph.order() {
        for &above in graph.dependencies(step) {
            reached[step] |= reached[above];
        }
    }
    reached
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn upstream_is_what_a_walk_finds_for_more_sources_than_bits() {
        // Step n depends on n - 1 and on n / 2, except every tenth, which depends on nothing.
        let lists: Vec<Vec<StepIndex>> = (0..300_usize)
            .map(|n| {
                if n % 10 == 0 {
                    vec![]
                } else {
                    vec![n - 1, n / 2]
                }
            })
            .map(|mut list| {
                list.dedup();
                list
            })
            .collect();
        let graph = Graph::new(&lists).unwrap();
        let questions: Vec<_> = (0..300)
            .flat_map(|a| [(a, (a * 7) % 300), (a, a / 3)])
            .collect();
        let answers = upstream(&graph, &questions);
        assert!(answers.contains(&true) && answers.contains(&false));
        for ((step, source), answer) in questions.into_iter().zip(answers) {
            let walked = step != source && graph.upstream([step])[source];
            assert_eq!(answer, walked, "{step} below {source}");
        }
    }
}
