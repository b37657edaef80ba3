// Package twin is the stock portal of this repository: chi, scs and redisstore as their documentation shows them, with the
// pages that tests, lessons and the scanner need, and with every mistake that can be planted in it under a name of its
// own. Without a mistake it is sound. It does not know the portal that the program serves, shares no code with it, and is
// for attackers to break: it is served on a loopback address or not at all.
package twin
