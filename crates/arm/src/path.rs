//! Where a value stands in a JSON document, as the service writes it: `resources[0].properties['a.b']`.

use std::fmt;

/// Steps from the root of a document to a value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Path(Vec<PathStep>);

/// One step into a value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PathStep {
    /// To a member of an object.
    Member(String),
    /// To an element of an array.
    Element(usize),
}

impl Path {
    /// The root of the document.
    pub fn root() -> Self {
        Self::default()
    }

    /// The path to a member of what stands here.
    #[must_use]
    pub fn member(&self, name: &str) -> Self {
        self.with(PathStep::Member(name.to_owned()))
    }

    /// The path to an element of what stands here.
    #[must_use]
    pub fn element(&self, index: usize) -> Self {
        self.with(PathStep::Element(index))
    }

    /// The path from the root of a document to what another path leads to from here.
    #[must_use]
    pub fn join(&self, from_here: &Self) -> Self {
        Self([self.0.as_slice(), &from_here.0].concat())
    }

    /// The steps, from the root on.
    pub fn steps(&self) -> &[PathStep] {
        &self.0
    }

    fn with(&self, step: PathStep) -> Self {
        let mut steps = self.0.clone();
        steps.push(step);
        Self(steps)
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.0.iter().enumerate() {
            match step {
                PathStep::Element(index) => write!(f, "[{index}]")?,
                PathStep::Member(name)
                    if name.is_empty() || name.contains(|c: char| !c.is_alphanumeric() && c != '_' && c != '$') =>
                {
                    write!(f, "['{}']", name.replace('\'', "\\'"))?;
                }
                PathStep::Member(name) if position == 0 => f.write_str(name)?,
                PathStep::Member(name) => write!(f, ".{name}")?,
            }
        }
        Ok(())
    }
}
