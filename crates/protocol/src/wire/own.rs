//! Copying what a value borrows, so that it outlives the bytes it was read from.

use std::borrow::Cow;

use jackdaw_base::Uuid;

use super::{Records, UnknownTag};

/// A value that can be cut loose from the bytes it borrows.
pub trait Own {
    /// The same type, borrowing nothing.
    type Owned: 'static;

    /// Copies what is borrowed.
    fn own(self) -> Self::Owned;
}

macro_rules! own_itself {
    ($($primitive:ty),*) => {$(
        impl Own for $primitive {
            type Owned = Self;

            #[inline]
            fn own(self) -> Self {
                self
            }
        }
    )*};
}

own_itself!(bool, i8, i16, u16, i32, u32, i64, f64, Uuid);

impl<T: ?Sized + ToOwned<Owned: 'static> + 'static> Own for Cow<'_, T> {
    type Owned = Cow<'static, T>;

    fn own(self) -> Cow<'static, T> {
        Cow::Owned(self.into_owned())
    }
}

impl<T: Own> Own for Option<T> {
    type Owned = Option<T::Owned>;

    fn own(self) -> Self::Owned {
        self.map(T::own)
    }
}

impl<T: Own> Own for Vec<T> {
    type Owned = Vec<T::Owned>;

    fn own(self) -> Self::Owned {
        self.into_iter().map(T::own).collect()
    }
}

impl Own for Records<'_> {
    type Owned = Records<'static>;

    fn own(self) -> Self::Owned {
        match self {
            Self::Inline(bytes) => Records::Inline(bytes.own()),
            Self::External(size_bytes) => Records::External(size_bytes),
        }
    }
}

impl Own for UnknownTag<'_> {
    type Owned = UnknownTag<'static>;

    fn own(self) -> Self::Owned {
        UnknownTag { tag: self.tag, value: self.value.own() }
    }
}
