//! Templates of homes in Azure, made from a policy. What a home cannot do of a policy is refused or named, never left out silently.

mod logic_app;

pub use logic_app::template;
