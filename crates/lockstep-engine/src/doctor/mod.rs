//! Whether a tenant is set up so that both sides can be kept in step, and what would mend it. Reads only.

mod needs;

pub use needs::needs;
