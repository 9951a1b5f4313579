//! The language from outside: what parses, what binds, under which names and types, and what is refused with which code.

mod answer;
mod bind;
mod refuse;
mod syntax;
