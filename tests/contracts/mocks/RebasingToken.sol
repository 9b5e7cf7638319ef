// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title RebasingToken
/// @notice A hostile token: everybody's balance is a share of a supply that grows and shrinks without a transfer.
contract RebasingToken {
    uint256 private constant ONE = 1e18;
    /// @notice Tokens per share, 18 decimals.
    uint256 public index = ONE;
    mapping(address account => uint256) private _shares;
    mapping(address owner => mapping(address spender => uint256)) public allowance;

    /// @notice Thrown when a balance or an allowance is too small.
    error RebasingToken_TooSmall(uint256 available, uint256 needed);

    /// @notice Sets the tokens per share: every balance changes at once.
    function rebase(uint256 index_) external {
        require(index_ != 0, "index");
        index = index_;
    }

    /// @notice Mints to anybody.
    function mint(address to, uint256 amount) external {
        _shares[to] += _sharesFor(amount);
    }

    /// @notice Approves.
    function approve(address spender, uint256 amount) external returns (bool) {
        allowance[msg.sender][spender] = amount;
        return true;
    }

    /// @notice Moves from the caller.
    function transfer(address to, uint256 amount) external returns (bool) {
        _move(msg.sender, to, amount);
        return true;
    }

    /// @notice Moves from who approved the caller.
    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        uint256 allowed = allowance[from][msg.sender];
        if (allowed < amount) revert RebasingToken_TooSmall(allowed, amount);
        allowance[from][msg.sender] = allowed - amount;
        _move(from, to, amount);
        return true;
    }

    /// @notice Share of the account times the index, rounded down.
    function balanceOf(address account) public view returns (uint256) {
        return _shares[account] * index / ONE;
    }

    function _move(address from, address to, uint256 amount) private {
        uint256 shares = _sharesFor(amount);
        if (_shares[from] < shares) revert RebasingToken_TooSmall(balanceOf(from), amount);
        _shares[from] -= shares;
        _shares[to] += shares;
    }

    /// @dev Rounded up, so that nobody can move more than it has.
    function _sharesFor(uint256 amount) private view returns (uint256) {
        return (amount * ONE + index - 1) / index;
    }
}
