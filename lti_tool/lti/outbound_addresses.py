"""Which addresses the tool may call: public ones, and private ones that the operator allowed by name.

Pure: says yes or no about a host name and the addresses it resolved to (DESIGN 6, "Outbound calls").
"""

import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# Where clouds answer with credentials. Link-local ones are refused by kind; these are not link-local.
_METADATA = frozenset(
    map(
        ipaddress.ip_address,
        ("100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254", "fd20:ce::254"),
    )
)
# Networks translate these to the IPv4 address at their end.
_TRANSLATED = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("::ffff:0:0:0/96"))
# A network's own prefix for that (RFC 8215): 48 to 96 bits long, and by its length the IPv4 address stands
# at one of these bytes (RFC 6052, 2.2).
_TRANSLATED_HERE = ipaddress.ip_network("64:ff9b:1::/48")
_PLACES_OF_IPV4 = ((6, 7, 9, 10), (7, 9, 10, 11), (9, 10, 11, 12), (12, 13, 14, 15))
_IPV4_COMPATIBLE = ipaddress.ip_network("::/96")
_IPV6_SITE_LOCAL = ipaddress.ip_network("fec0::/10")
_LOWEST_COMPATIBLE = 0x10000  # ::1 and its neighbours are addresses of their own


@dataclass(frozen=True)
class AddressRule:
    """The operator's exceptions: host names (exact, lower case) and networks."""

    names: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = field(default=())

    @classmethod
    def allowing(cls, entries: Iterable[str]) -> "AddressRule":
        """From OUTBOUND_ALLOW: an entry that is an address or a network is one, all others are host names."""
        names, networks = set(), []
        for entry in entries:
            try:
                networks.append(ipaddress.ip_network(entry.strip("[]"), strict=False))
            except ValueError:
                names.add(plain_name(entry))
        return cls(frozenset(names), tuple(networks))

    def admits(self, host: str, addresses: Sequence[str]) -> bool:
        """Whether every one of the addresses that this host resolved to may be called."""
        called = [reading for found in addresses for reading in readings(found)]
        return bool(called) and all(self._admits_one(host, address) for address in called)

    def allows_plain_http(self, host: str, addresses: Sequence[str]) -> bool:
        """Whether the operator named this host, so that it may also be called without TLS."""
        called = [reading for found in addresses for reading in readings(found)]
        return bool(called) and all(self._is_exception(host, address) for address in called)

    def _admits_one(self, host: str, address: Address) -> bool:
        if is_never_called(address):
            return False
        return address.is_global or self._is_exception(host, address)

    def _is_exception(self, host: str, address: Address) -> bool:
        inside = any(network.version == address.version and address in network for network in self.networks)
        return plain_name(host) in self.names or inside


def plain_name(host: str) -> str:
    """A host name as names are compared: lower case, without the dot of the root."""
    return host.strip().lower().rstrip(".")


def is_never_called(address: Address) -> bool:
    """Link-local, metadata, multicast, unspecified and broadcast addresses: not even when allowed."""
    if address in _METADATA or address.is_link_local or address.is_multicast or address.is_unspecified:
        return True
    if isinstance(address, ipaddress.IPv4Address):
        return (
            address.is_reserved or address.packed[0] == 0
        )  # 240/4 with the broadcast address; "this network"
    return address in _IPV6_SITE_LOCAL


def readings(text: str) -> tuple[Address, ...]:
    """The address that is really called; several where only the network knows which of them it is."""
    address = ipaddress.ip_address(text.partition("%")[0])
    if address.version == 4 or address not in _TRANSLATED_HERE:
        return (_unwrapped(address),)
    possible = [ipaddress.IPv4Address(bytes(address.packed[at] for at in four)) for four in _PLACES_OF_IPV4]
    # The bytes before a shorter address are zero: 0.0.0.0/8, which nobody can call, is no reading.
    return tuple(one for one in possible if one.packed[0]) or (possible[-1],)


def _unwrapped(address: Address) -> Address:
    """IPv4 inside IPv6 in any of its forms counts as that IPv4 address."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    inner = address.ipv4_mapped or address.sixtofour or (address.teredo and address.teredo[1])
    if inner:
        return inner
    if any(address in network for network in _TRANSLATED):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if address in _IPV4_COMPATIBLE and int(address) >= _LOWEST_COMPATIBLE:
        return ipaddress.IPv4Address(int(address))
    return address
