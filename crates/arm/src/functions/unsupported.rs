//! What the service has and this engine does not, to be refused by name.

use super::{Eval, Function};

pub(super) const FUNCTIONS: &[Function] = &[
    absent("deployer", "Who deploys."),
    absent("externalInput", "A value that the client puts in."),
    absent("pickZones", "Zones that a resource type has in a region."),
    absent("providers", "What a resource provider offers; deprecated."),
    absent("resourceInfo", "A resource of the template by its symbolic name, before it is deployed."),
    absent("toLogicalZone", "The logical zone of a physical one."),
    absent("toLogicalZones", "The logical zones of physical ones."),
    absent("toPhysicalZone", "The physical zone of a logical one."),
    absent("toPhysicalZones", "The physical zones of logical ones."),
];

const fn absent(name: &'static str, doc: &'static str) -> Function {
    Function::new(name, (0, None), doc, &[], Eval::Unsupported)
}
