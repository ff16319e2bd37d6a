//! The process: configuration, routes, the API for machines.
