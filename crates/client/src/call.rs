//! Every request of the protocol as something that can be called. The protocol's own trait has the lifetime of what a
//! request borrows as a parameter, which futures that move between threads cannot carry; this one has not.

use jackdaw_protocol::api_key::ApiKey;
use jackdaw_protocol::message::{Message, Request};
use jackdaw_protocol::messages;
use jackdaw_protocol::wire::{EncodeError, Writer};

/// A request that a [`crate::Cluster`] can send: every request of `jackdaw_protocol` is one.
pub trait Call: Send + Sync {
    /// Its API.
    const KEY: ApiKey;
    /// Its answer, in the same version.
    type Response<'r>: Message<'r, Owned = Self::Response<'static>>;

    /// Appends it to `writer`.
    ///
    /// # Errors
    /// The version cannot carry it.
    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError>;
}

macro_rules! calls {
    ($($module:ident::$request:ident,)*) => {
        $(impl Call for messages::$module::$request<'_> {
            const KEY: ApiKey = <messages::$module::$request<'static> as Request<'static>>::KEY;
            type Response<'r> = <messages::$module::$request<'static> as Request<'static>>::Response<'r>;

            fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
                Message::encode(self, writer, version)
            }
        })*
    };
}

jackdaw_protocol::for_each_request!(calls);
