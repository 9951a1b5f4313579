//! Relations that only one place reads stand there, so that what it does not need is not computed; those that nobody reads are not computed at all.

use super::{Operator, Plan, Relation, Scalar, ScalarKind};

/// How high a relation may grow by taking others in.
const HIGHEST: usize = 256;
/// Read by an expression, or by a body that runs many times: more than one place.
const MANY: usize = 2;

impl Plan {
    /// Puts relations that are read once where they are read, and empties those that are not read.
    pub(crate) fn settle(&mut self) {
        let mut reads = Reads { counts: vec![0; self.shared.len()], met: Vec::new() };
        for (_, relation) in &self.results {
            reads.relation(relation, false);
        }
        while let Some(place) = reads.met.pop() {
            reads.relation(&self.shared[place], false);
        }
        let counts = reads.counts;
        let mut settled: Vec<Option<Relation>> = Vec::with_capacity(self.shared.len());
        for (relation, &count) in std::mem::take(&mut self.shared).into_iter().zip(&counts) {
            let mut relation = match count {
                0 => Relation { operator: Operator::Rows(Vec::new()), ..relation },
                _ => relation,
            };
            take_in(&mut relation, &counts, &mut settled, 0);
            settled.push(Some(relation));
        }
        for (_, relation) in &mut self.results {
            take_in(relation, &counts, &mut settled, 0);
        }
        self.shared = settled.into_iter().map(|relation| relation.unwrap_or_else(Relation::nothing)).collect();
    }
}

/// Puts what a relation alone reads in its place. `depth` is how many relations are around it.
fn take_in(relation: &mut Relation, counts: &[usize], settled: &mut Vec<Option<Relation>>, depth: usize) {
    if let Operator::Shared(place) = relation.operator {
        let fits = |inner: &Relation| counts[place] == 1 && depth + inner.height() <= HIGHEST;
        if settled[place].as_ref().is_some_and(fits)
            && let Some(inner) = settled[place].take()
        {
            *relation = inner;
        }
        return;
    }
    relation.for_each_input_mut(&mut |input| take_in(input, counts, settled, depth + 1));
}

/// How many places read each shared relation.
struct Reads {
    counts: Vec<usize>,
    /// Those that have been met and not been looked into.
    met: Vec<usize>,
}

impl Reads {
    fn relation(&mut self, relation: &Relation, repeated: bool) {
        if let Operator::Shared(place) = relation.operator {
            self.place(place, if repeated { MANY } else { 1 });
        }
        relation.for_each_scalar(&mut |scalar| self.scalar(scalar));
        let body = match &relation.operator {
            Operator::MvApply { body, .. } | Operator::Partition { body, .. } => Some(&**body),
            _ => None,
        };
        relation.for_each_input(&mut |input| {
            let repeated = repeated || body.is_some_and(|body| std::ptr::eq(body, input));
            self.relation(input, repeated);
        });
    }

    fn scalar(&mut self, scalar: &Scalar) {
        match scalar.kind {
            ScalarKind::Subquery(place) => self.place(place, MANY),
            ScalarKind::InRelation { relation, .. } => self.place(relation, MANY),
            _ => {}
        }
        scalar.for_each_operand(&mut |operand| self.scalar(operand));
    }

    fn place(&mut self, place: usize, reads: usize) {
        if self.counts[place] == 0 {
            self.met.push(place);
        }
        self.counts[place] += reads;
    }
}

impl Relation {
    /// No rows of no columns.
    fn nothing() -> Self {
        Self { schema: Default::default(), operator: Operator::Rows(Vec::new()), span: Default::default() }
    }
}
